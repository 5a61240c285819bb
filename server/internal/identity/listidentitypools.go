package identity

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
)

const maxPage = 60

func (s *Service) listIdentityPools(ctx context.Context, in wire.ListIdentityPoolsInput) (*wire.ListIdentityPoolsOutput, error) {
	after, err := s.openPage(in.MaxResults, in.NextToken, "pools")
	if err != nil {
		return nil, err
	}
	pools, err := s.Store.ListIdentityPools(ctx, after, in.MaxResults+1)
	if err != nil {
		return nil, err
	}
	out := &wire.ListIdentityPoolsOutput{IdentityPools: []wire.IdentityPoolShort{}}
	if len(pools) > in.MaxResults {
		pools = pools[:in.MaxResults]
		out.NextToken, err = s.nextPage(pools[len(pools)-1].ID, "pools")
	}
	for _, p := range pools {
		out.IdentityPools = append(out.IdentityPools, wire.IdentityPoolShort{IdentityPoolId: p.ID, IdentityPoolName: p.Name})
	}
	return out, err
}

// nextPage makes the token that continues a list of that name after a key.
func (s *Service) nextPage(after, list string) (string, error) {
	return s.Ring.Box("identity page").Seal(s.Rand, []byte(after), []byte(list))
}

// openPage reads a pagination token of the list it was made for.
func (s *Service) openPage(size int, text, list string) (after string, err error) {
	if size < 1 || size > maxPage {
		return "", invalidParameter("1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value between 1 and %d", size, maxPage)
	}
	if text == "" {
		return "", nil
	}
	plain, err := s.Ring.Box("identity page").Open(text, []byte(list))
	if err != nil {
		return "", invalidParameter("Invalid pagination token.")
	}
	return string(plain), nil
}
