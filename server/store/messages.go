package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"log/slog"
	"time"
)

// Message is something that was sent to a user: a line of the outbox. Its Body
// holds a code or a password, so printing a Message leaves it out.
type Message struct {
	ID                    int64 // given by AddMessage; grows
	PoolID, Sub, Username string
	Destination, Medium   string // ada@example.com, EMAIL
	Kind                  string // signup, forgot, invite
	Body                  string
	Created               time.Time
}

// String describes the message without its body.
func (m Message) String() string {
	return m.Medium + " message about " + m.Kind + " to " + m.Destination + " [body withheld]"
}

// GoString is String.
func (m Message) GoString() string { return m.String() }

// LogValue is String.
func (m Message) LogValue() slog.Value { return slog.StringValue(m.String()) }

// AddMessage keeps a message.
func (tx *Tx) AddMessage(m Message) error {
	doc, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return tx.exec("INSERT INTO messages (pool, sub, username, doc, created) VALUES ($1, $2, $3, $4, $5)",
		m.PoolID, m.Sub, m.Username, string(doc), micro(m.Created))
}

// Messages lists the newest messages first; pool and username filter unless
// empty.
func (r reader) Messages(ctx context.Context, pool, username string, limit int) ([]Message, error) {
	var all []Message
	err := r.rows(ctx, func(rows *sql.Rows) error {
		var id int64
		var doc string
		if err := rows.Scan(&id, &doc); err != nil {
			return err
		}
		var m Message
		err := decode(doc, &m)
		m.ID = id
		all = append(all, m)
		return err
	}, `SELECT id, doc FROM messages WHERE ($1 = '' OR pool = $1) AND ($2 = '' OR username = $2)
		ORDER BY id DESC LIMIT $3`, pool, username, limit)
	return all, err
}
