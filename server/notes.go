package server

import (
	"encoding/json"
	"net/http"
	"sync"
)

// notes is the API behind the ready-made gate: a list of notes for each caller,
// kept in memory. It trusts the identity header because only the gate reaches
// it.
type notes struct {
	mu   sync.Mutex
	byID map[string][]note
}

type note struct {
	Content string `json:"content"`
}

const (
	maxNotes     = 1000
	maxNoteBytes = 64 << 10
)

// NotesHandler is the small notes API of the demo: POST /notes keeps a note of
// the caller, GET /notes lists the caller's own. It reads the caller from
// X-Gatepass-Identity-Id.
func NotesHandler() http.Handler {
	return &notes{byID: map[string][]note{}}
}

func (n *notes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	caller := r.Header.Get("X-Gatepass-Identity-Id")
	if caller == "" {
		caller = r.Header.Get("X-Gatepass-User-Arn")
	}
	switch r.Method {
	case http.MethodGet:
		n.list(w, caller)
	case http.MethodPost:
		n.add(w, r, caller)
	default:
		reply(w, http.StatusMethodNotAllowed, map[string]string{"message": "use GET or POST"})
	}
}

func (n *notes) list(w http.ResponseWriter, caller string) {
	n.mu.Lock()
	mine := append([]note{}, n.byID[caller]...)
	n.mu.Unlock()
	reply(w, http.StatusOK, mine)
}

func (n *notes) add(w http.ResponseWriter, r *http.Request, caller string) {
	var in note
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxNoteBytes))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil || in.Content == "" {
		reply(w, http.StatusBadRequest, map[string]string{"message": `send {"content": "..."}`})
		return
	}
	n.mu.Lock()
	full := len(n.byID[caller]) >= maxNotes
	if !full {
		n.byID[caller] = append(n.byID[caller], in)
	}
	n.mu.Unlock()
	if full {
		reply(w, http.StatusInsufficientStorage, map[string]string{"message": "too many notes"})
		return
	}
	reply(w, http.StatusCreated, in)
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone: nothing to tell it
}
