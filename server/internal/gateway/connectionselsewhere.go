package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// ErrNoNode says that no process has that number any more.
var ErrNoNode = errors.New("gateway: no such node")

// askedAtOnce bounds the calls that wait for other processes, each with a message
// of up to 128 KiB.
const askedAtOnce = 64

// Answers to a question, by their first byte; what GET tells follows.
const (
	answerDone    = '+'
	answerGone    = '-'
	answerUnknown = '?'
)

var errBusyNode = errors.New("the node that holds the connection could not do it in time")

// manageElsewhere has the process obey the call that made the connection's id.
func (g *Gateway) manageElsewhere(ctx context.Context, q connectionCall) ([]byte, error) {
	node := nodeOf(q.ID)
	if g.AskNode == nil || node == 0 || node == g.sockets.own() {
		return nil, errGone()
	}
	if g.asking.Add(1) > askedAtOnce {
		g.asking.Add(-1)
		return nil, refusal(http.StatusTooManyRequests, "LimitExceededException", "Too many calls wait for other nodes")
	}
	defer g.asking.Add(-1)
	question, err := q.question()
	if err != nil {
		return nil, err
	}
	answer, err := g.AskNode(ctx, node, question)
	if errors.Is(err, ErrNoNode) {
		return nil, errGone()
	}
	if err != nil {
		return nil, errUnavailable(err)
	}
	return gotAnswer(answer)
}

// question is a line of JSON and the message.
func (q connectionCall) question() ([]byte, error) {
	head, err := json.Marshal(q)
	return append(append(head, '\n'), q.message...), err
}

func readQuestion(question []byte) (q connectionCall, err error) {
	head, message, _ := bytes.Cut(question, []byte{'\n'})
	q.message = message
	return q, json.Unmarshal(head, &q)
}

func gotAnswer(answer []byte) ([]byte, error) {
	switch {
	case len(answer) > 0 && answer[0] == answerDone:
		return answer[1:], nil
	case len(answer) > 0 && answer[0] == answerGone:
		return nil, errGone()
	}
	return nil, errUnavailable(errBusyNode)
}

// Asked takes the question of another process's AskNode; answer gives what that
// returns, and may take some seconds. Questions about one connection are obeyed in
// the order in which they are taken, by one goroutine; every answer must be called.
func (g *Gateway) Asked(question []byte) (answer func() []byte) {
	q, err := readQuestion(question)
	if err != nil {
		return func() []byte { return []byte{answerUnknown} }
	}
	s := g.sockets.find(q)
	if s == nil {
		return func() []byte { return []byte{answerGone} }
	}
	before, done, taken := s.asked, make(chan struct{}), time.Now()
	s.asked = done
	return func() []byte {
		defer close(done)
		<-before
		if time.Since(taken) > socketWrite { // who asked has given up
			return []byte{answerUnknown}
		}
		return s.answer(q)
	}
}

// answer obeys a question. All that can go wrong is that the connection has ended.
func (s *socket) answer(q connectionCall) []byte {
	doc, err := s.manage(q)
	if err != nil {
		return []byte{answerGone}
	}
	return append([]byte{answerDone}, doc...)
}
