package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
)

func (s *Service) getUser(ctx context.Context, in *wire.GetUserInput) (*wire.GetUserOutput, error) {
	b, err := s.access(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	preferred, list := mfaSettings(&b.user)
	return &wire.GetUserOutput{
		Username: b.user.Username, UserAttributes: listAttributes(&b.user, b.app.reads),
		PreferredMfaSetting: preferred, UserMFASettingList: list,
	}, nil
}
