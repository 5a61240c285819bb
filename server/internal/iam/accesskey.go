package iam

import (
	"encoding/base64"
	"io"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

const (
	maxKeys    = 2
	secretSize = 30 // base64 makes it the 40 characters of an AWS secret
	maxKeyID   = 128
)

// newKey makes an access key and its secret, which is sealed at once and shown once.
func (c *call) newKey() (store.AccessKey, string, error) {
	id, err := c.NewID(c.Rand, "AKIA")
	if err != nil {
		return store.AccessKey{}, "", err
	}
	raw := make([]byte, secretSize)
	if _, err := io.ReadFull(c.Rand, raw); err != nil {
		return store.AccessKey{}, "", err
	}
	secret := base64.StdEncoding.EncodeToString(raw)
	sealed, err := c.SealSecret(id, secret)
	return store.AccessKey{ID: id, SecretSealed: sealed, Active: true, Created: c.Now()}, secret, err
}

func (c *call) createAccessKey() (any, error) {
	name := c.named(users)
	if err := c.in.done(); err != nil {
		return nil, err
	}
	key, secret, err := c.newKey()
	if err != nil {
		return nil, err
	}
	err = c.update(func(tx *store.Tx) error {
		user, err := c.user(c.ctx, tx, name)
		if err != nil {
			return err
		}
		have, err := tx.AccessKeys(c.ctx, user.Name)
		if err != nil {
			return err
		}
		if len(have) >= maxKeys {
			return limitExceeded("Cannot exceed quota for AccessKeysPerUser: %d", maxKeys)
		}
		key.UserName = user.Name
		return tx.PutAccessKey(key)
	})
	out := keyShape(key)
	out.SecretAccessKey = secret
	return wire.AccessKeyOutput{AccessKey: out}, err
}

func keyShape(k store.AccessKey) wire.IAMAccessKey {
	status := "Inactive"
	if k.Active {
		status = "Active"
	}
	return wire.IAMAccessKey{UserName: k.UserName, AccessKeyId: k.ID, Status: status, CreateDate: wire.ISOTime(k.Created)}
}

func (c *call) listAccessKeys() (any, error) {
	name, in := c.named(users), c.in.page()
	if err := c.in.done(); err != nil {
		return nil, err
	}
	user, err := c.user(c.ctx, c.Store, name)
	if err != nil {
		return nil, err
	}
	keys, err := c.Store.AccessKeys(c.ctx, user.Name)
	if err != nil {
		return nil, err
	}
	keys, next := cut(in, keys, func(k store.AccessKey) string { return k.ID })
	out := wire.ListAccessKeysOutput{UserName: user.Name, IAMPage: next}
	for _, k := range keys {
		out.AccessKeyMetadata.Member = append(out.AccessKeyMetadata.Member, keyShape(k))
	}
	return out, nil
}

// changeKey reads a key of the user a request names; the key of another user is none.
func (c *call) changeKey(fn func(tx *store.Tx, key store.AccessKey) error) (any, error) {
	name, id := c.named(users), c.in.needed("AccessKeyId", maxKeyID)
	if err := c.in.done(); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *store.Tx) error {
		user, err := c.user(c.ctx, tx, name)
		if err != nil {
			return err
		}
		key, err := tx.AccessKey(c.ctx, id)
		if err == nil && key.UserName != user.Name {
			err = store.ErrNotFound
		}
		if err != nil {
			return missing(err, "The Access Key with id %s cannot be found.", id)
		}
		return fn(tx, key)
	})
}

func (c *call) updateAccessKey() (any, error) {
	c.in.needed("Status", 16)
	active := c.in.choice("Status", "", "Active", "Inactive") == "Active"
	return c.changeKey(func(tx *store.Tx, key store.AccessKey) error {
		key.Active = active
		return tx.PutAccessKey(key)
	})
}

func (c *call) deleteAccessKey() (any, error) {
	return c.changeKey(func(tx *store.Tx, key store.AccessKey) error { return tx.DeleteAccessKey(key.ID) })
}
