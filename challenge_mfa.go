package gatepass

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
)

const (
	smsMFA        = "SMS_MFA"
	emailOTP      = "EMAIL_OTP"
	selectMFAType = "SELECT_MFA_TYPE"
)

// SentCode asks for a code that was sent to the user: "SMS_MFA" and "EMAIL_OTP"
// in the Amazon Cognito user pools API reference.
type SentCode struct {
	// Destination is where it was sent, masked, such as +*******9876. Zero: the
	// service did not say.
	Destination string

	name string
}

// Name is SMS_MFA or EMAIL_OTP.
func (c *SentCode) Name() string { return c.name }

// Code answers with the code; spaces are left out.
func (c *SentCode) Code(code string) Reply {
	field := "SMS_MFA_CODE"
	if c.name == emailOTP {
		field = "EMAIL_OTP_CODE"
	}
	return Reply{map[string]string{field: strings.ReplaceAll(code, " ", "")}}
}

// SelectMFA asks which of several factors to go on with: "SELECT_MFA_TYPE" in the
// Amazon Cognito user pools API reference. Its challenge comes next.
type SelectMFA struct {
	// Kinds are the factors, by the names of their challenges.
	Kinds []string
}

// Name is SELECT_MFA_TYPE.
func (*SelectMFA) Name() string { return selectMFAType }

// Choose answers with one of Kinds.
func (*SelectMFA) Choose(kind string) Reply { return Reply{map[string]string{"ANSWER": kind}} }

func selectMFA(p map[string]string) (*SelectMFA, error) {
	ch := new(SelectMFA)
	if err := json.Unmarshal([]byte(p["MFAS_CAN_CHOOSE"]), &ch.Kinds); err != nil || len(ch.Kinds) == 0 {
		return nil, fmt.Errorf("%s: MFAS_CAN_CHOOSE is %q", selectMFAType, p["MFAS_CAN_CHOOSE"])
	}
	return ch, nil
}

func sentCode(out *wire.AuthOutput) *SentCode {
	return &SentCode{Destination: out.ChallengeParameters["CODE_DELIVERY_DESTINATION"], name: out.ChallengeName}
}
