package gateway

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// change makes the changes of an HTTP API's answer.
func (list changes) change(c *call, res *http.Response) error {
	if len(list) == 0 {
		return nil
	}
	in := &mapInput{c: c, header: res.Header.Clone(), answer: true}
	if list.needsBody() {
		var err error
		if in.body, err = readWhole(res); err != nil {
			return err
		}
		res.Body = io.NopCloser(bytes.NewReader(in.body))
	}
	status, err := list.changeAnswer(in, res.Header, res.StatusCode)
	res.StatusCode = status
	return err
}

// changeAnswer changes the headers of an answer and gives its status.
func (list changes) changeAnswer(in *mapInput, h http.Header, status int) (int, error) {
	for i := range list {
		ch := &list[i]
		values, err := ch.value.values(in)
		if err != nil {
			return status, errBackend(err)
		}
		if ch.in == inStatus {
			if len(values) > 0 {
				status, err = readStatus(values[0])
			}
		} else {
			if !ch.add {
				delete(h, http.CanonicalHeaderKey(ch.name))
			}
			err = addHeader(h, ch.name, values)
		}
		if err != nil {
			return status, errBackend(err)
		}
	}
	return status, nil
}

func addHeader(h http.Header, name string, values []string) error {
	for _, v := range values {
		if !isHeaderValue(v) {
			return fmt.Errorf("the header %s cannot be sent", name)
		}
		h.Add(name, v)
	}
	return nil
}

// readStatus reads the status of an answer.
func readStatus(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 200 || n > 599 {
		return 0, fmt.Errorf("%.20q is not a status from 200 to 599", text)
	}
	return n, nil
}
