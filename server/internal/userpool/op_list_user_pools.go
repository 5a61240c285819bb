package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
)

const maxPage = 60

func (s *Service) listUserPools(ctx context.Context, in *wire.ListUserPoolsInput) (*wire.ListUserPoolsOutput, error) {
	if in.MaxResults < 1 || in.MaxResults > maxPage {
		return nil, invalid("1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value between 1 and 60", in.MaxResults)
	}
	after, err := s.openPage(in.NextToken, "pools")
	if err != nil {
		return nil, err
	}
	pools, err := s.Store.ListUserPools(ctx, after, in.MaxResults+1)
	if err != nil {
		return nil, err
	}
	out := &wire.ListUserPoolsOutput{UserPools: []wire.UserPoolDescription{}}
	if len(pools) > in.MaxResults {
		pools = pools[:in.MaxResults]
		out.NextToken, err = s.boxes.page.Seal(s.Rand, []byte(pools[len(pools)-1].ID), []byte("pools"))
	}
	for _, p := range pools {
		out.UserPools = append(out.UserPools, wire.UserPoolDescription{
			Id: p.ID, Name: p.Name, CreationDate: wire.Epoch{Time: p.Created}, LastModifiedDate: wire.Epoch{Time: p.Modified},
		})
	}
	return out, err
}

// openPage reads a pagination token of the query it was made for.
func (s *Service) openPage(text, query string) (after string, err error) {
	if text == "" {
		return "", nil
	}
	plain, err := s.boxes.page.Open(text, []byte(query))
	if err != nil {
		return "", invalid("Invalid pagination token.")
	}
	return string(plain), nil
}
