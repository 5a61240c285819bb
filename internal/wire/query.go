package wire

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// ParseQuery reads a request of the Query protocol: the body of a POST, or the
// query of a GET, never a mixture. A parameter given twice is refused.
func ParseQuery(r *http.Request, body []byte) (url.Values, error) {
	text := r.URL.RawQuery
	if r.Method == http.MethodPost {
		if q, _ := url.ParseQuery(text); q.Has("Action") || q.Has("Version") {
			return nil, malformedQuery("parameters stand in the query and in the body")
		}
		text = string(body)
	}
	v, err := url.ParseQuery(text)
	if err != nil {
		return nil, malformedQuery("the parameters are not form encoded")
	}
	for k, list := range v {
		if len(list) > 1 {
			return nil, malformedQuery("the parameter " + k + " is given twice")
		}
	}
	return v, nil
}

func malformedQuery(text string) *Error {
	return &Error{Code: "MalformedQueryString", Message: text, Status: http.StatusBadRequest}
}

// QueryList reads a list, NAME.member.1 and so on, at most limit members that
// are numbered without gaps. Of a member that is a structure the fields have
// their own names; the value of one that is not has the name "". No list and the
// empty one, NAME=, are both nil. Errors are a ValidationError.
func QueryList(form url.Values, name string, limit int) ([]url.Values, error) {
	members := map[int]url.Values{}
	for key := range form {
		rest, ok := strings.CutPrefix(key, name+".member.")
		if !ok {
			continue
		}
		number, field, _ := strings.Cut(rest, ".")
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || strconv.Itoa(n) != number {
			return nil, Errorf("ValidationError", "the parameter %s has no number of a member", key)
		}
		if members[n] == nil {
			members[n] = url.Values{}
		}
		members[n].Set(field, form.Get(key))
	}
	if len(members) > limit {
		return nil, Errorf("ValidationError", "1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", lowerFirst(name), limit)
	}
	var list []url.Values
	for n := 1; n <= len(members); n++ {
		if members[n] == nil {
			return nil, Errorf("ValidationError", "the list %s has no member %d", name, n)
		}
		list = append(list, members[n])
	}
	return list, nil
}

// lowerFirst is the name of a parameter as error texts have it.
func lowerFirst(name string) string {
	if name == "" {
		return ""
	}
	return strings.ToLower(name[:1]) + name[1:]
}
