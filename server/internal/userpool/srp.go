package userpool

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/srp"
)

// block is what SECRET_BLOCK holds, sealed for pool and client: the server's half
// of an SRP sign-in, so that any node can finish it. Every field has the same
// width for known and unknown users.
type block struct {
	ID      string `json:"i"`
	Sub     string `json:"s"`
	Decoy   int    `json:"d"`
	Version []byte `json:"v"` // of the password
	Expires int64  `json:"e"`
	A       string `json:"a"`
	B       []byte `json:"b"` // the private exponent
}

// String hides the exponent.
func (block) String() string { return redacted }

// GoString hides the exponent.
func (block) GoString() string { return redacted }

const blockLife = 3 * time.Minute

func versionBytes(v int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(v))
}

// beginSRP answers SRP_A with PASSWORD_VERIFIER. There is no Session: the block
// alone names the sign-in, as with Cognito.
func (s *Service) beginSRP(ctx context.Context, a *app, params map[string]string) (*wire.AuthOutput, error) {
	u, err := s.named(ctx, a, params)
	if err != nil {
		return nil, err
	}
	if params["SRP_A"] == "" {
		return nil, missing("SRP_A")
	}
	if err := srp.ParseA(params["SRP_A"]); err != nil {
		return nil, invalid("SRP_A is not a public value of SRP: a hexadecimal number below N that N does not divide")
	}
	server, err := s.challengeSRP(ctx, u)
	if err != nil {
		return nil, err
	}
	sealed, err := s.sealBlock(a, u, params["SRP_A"], server.Private())
	if err != nil {
		return nil, err
	}
	return &wire.AuthOutput{ChallengeName: challengeSRP, ChallengeParameters: map[string]string{
		"SALT": minimalHex(u.Salt), "SRP_B": server.B(), "SECRET_BLOCK": sealed, "USERNAME": u.Username, "USER_ID_FOR_SRP": u.Username,
	}}, nil
}

func (s *Service) challengeSRP(ctx context.Context, u *subject) (server *srp.Server, err error) {
	err = s.Admit.do(ctx, func() error {
		v, err := s.verifier(u)
		if err != nil {
			return err
		}
		server, err = srp.NewServer(s.Rand, v)
		return err
	})
	return server, err
}

func (s *Service) sealBlock(a *app, u *subject, publicA string, private []byte) (string, error) {
	b := block{
		ID: wire.NewRequestID(), Sub: u.Sub, Version: versionBytes(u.PasswordVersion),
		Expires: s.Now().Add(blockLife).Unix(), A: publicA, B: private,
	}
	if u.decoy {
		b.Decoy = 1
	}
	doc, err := json.Marshal(b)
	if err != nil {
		return "", err
	}
	sealed, err := s.boxes.srp.SealBytes(s.Rand, doc, a.binding())
	return base64.StdEncoding.EncodeToString(sealed), err
}

func (s *Service) openBlock(a *app, text string) (b block, raw []byte, err error) {
	raw, err = base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || base64.StdEncoding.EncodedLen(len(raw)) != len(text) {
		return b, nil, errIncorrect()
	}
	doc, err := s.boxes.srp.OpenBytes(raw, a.binding())
	if err != nil || json.Unmarshal(doc, &b) != nil || s.Now().Unix() >= b.Expires {
		return b, nil, errIncorrect()
	}
	return b, raw, nil
}

// answerSRP checks PASSWORD_VERIFIER.
func (s *Service) answerSRP(ctx context.Context, a *app, responses map[string]string) (*wire.AuthOutput, error) {
	for _, name := range []string{"USERNAME", "PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP"} {
		if responses[name] == "" {
			return nil, missing(name)
		}
	}
	if _, err := srp.ParseTimestamp(responses["TIMESTAMP"]); err != nil {
		return nil, invalid("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
	}
	b, raw, err := s.openBlock(a, responses["PASSWORD_CLAIM_SECRET_BLOCK"])
	if err != nil {
		return nil, err
	}
	u, err := s.blockUser(ctx, a, b, responses["USERNAME"])
	if err != nil {
		return nil, err
	}
	if err := s.answeredBy(ctx, a, &u, responses, errIncorrect()); err != nil {
		return nil, err
	}
	if err := s.proveSRP(ctx, &u, b, raw, responses); err != nil {
		return nil, err
	}
	return s.next(ctx, a, &u.User)
}

// blockUser is the user a block was made for. A decoy's names are made again from
// what was typed; another name leads to another decoy, which answeredBy refuses.
func (s *Service) blockUser(ctx context.Context, a *app, b block, typed string) (subject, error) {
	u, err := s.Store.UserBySub(ctx, a.PoolID, b.Sub)
	switch {
	case errors.Is(err, store.ErrNotFound):
		d := s.decoy(&a.pool, typed)
		if d.Sub != b.Sub {
			d.Sub, d.Username = b.Sub, b.Sub
		}
		return d, nil
	case err == nil && !bytes.Equal(versionBytes(u.PasswordVersion), b.Version):
		return subject{}, errIncorrect()
	}
	return subject{User: u}, err
}

// proveSRP spends the block and an attempt, then compares. A block serves one
// comparison, whatever comes of it; a replay costs nobody an attempt.
func (s *Service) proveSRP(ctx context.Context, u *subject, b block, raw []byte, responses map[string]string) error {
	spend := func(tx *store.Tx) error {
		err := tx.UseOnce("srp", []byte(b.ID), time.Unix(b.Expires, 0))
		if isConflict(err) {
			return errIncorrect()
		}
		return err
	}
	return s.compare(ctx, u, spend, func() error {
		err := s.checkProof(u, b, raw, responses)
		if errors.Is(err, srp.ErrBadProof) || errors.Is(err, srp.ErrHostile) || err == nil && (u.decoy || b.Decoy != 0) {
			return errIncorrect()
		}
		return err
	})
}

func (s *Service) checkProof(u *subject, b block, raw []byte, responses map[string]string) error {
	v, err := s.verifier(u)
	if err != nil {
		return err
	}
	server, err := srp.RestoreServer(v, b.B)
	if err != nil {
		return err
	}
	return server.Check(srp.Answer{
		PoolName: poolName(u.PoolID), UserID: u.Username, A: b.A, SecretBlock: raw,
		Timestamp: responses["TIMESTAMP"], Signature: responses["PASSWORD_CLAIM_SIGNATURE"],
	})
}
