package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
)

func (s *Service) adminGetUser(ctx context.Context, in *wire.AdminGetUserInput) (*wire.AdminGetUserOutput, error) {
	_, u, err := s.managed(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	preferred, list := mfaSettings(&u)
	return &wire.AdminGetUserOutput{
		Username: u.Username, Enabled: u.Enabled, UserStatus: u.Status, UserAttributes: listAttributes(&u, everyAttribute),
		UserCreateDate: wire.Epoch{Time: u.Created}, UserLastModifiedDate: wire.Epoch{Time: u.Modified},
		PreferredMfaSetting: preferred, UserMFASettingList: list,
	}, nil
}
