package gatepass

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
)

// Delivery says where a code was sent. The zero value: none was sent.
type Delivery struct {
	// Medium is EMAIL or SMS.
	Medium string
	// Destination is the address, masked.
	Destination string
	// Attribute is the attribute the code proves, such as email.
	Attribute string
}

// SignUp registers a user with attributes such as "email". Confirmed says that
// the user may sign in at once; otherwise [Client.ConfirmSignUp] comes first, with
// the code sent to the Delivery. See "SignUp" in the Amazon Cognito user pools
// API reference; a taken name is an [*Error] with code UsernameExistsException,
// a weak password one with InvalidPasswordException.
func (c *Client) SignUp(ctx context.Context, username, password string, attributes map[string]string) (confirmed bool, sent Delivery, err error) {
	if err := c.needPool(); err != nil {
		return false, Delivery{}, err
	}
	in := wire.SignUpInput{ClientId: c.ClientID, Username: username, Password: password, SecretHash: c.secretHash(username)}
	for name, value := range attributes {
		in.UserAttributes = append(in.UserAttributes, wire.Attribute{Name: name, Value: value})
	}
	var out wire.SignUpOutput
	if err := c.callIDP(ctx, "SignUp", in, &out); err != nil {
		return false, Delivery{}, err
	}
	return out.UserConfirmed, delivery(out.CodeDeliveryDetails), nil
}

// ConfirmSignUp proves a new user's address with the code sent to it. Errors:
// [ErrBadCode]. See "ConfirmSignUp" in the Amazon Cognito user pools API reference.
func (c *Client) ConfirmSignUp(ctx context.Context, username, code string) error {
	if err := c.needPool(); err != nil {
		return err
	}
	in := wire.ConfirmSignUpInput{ClientId: c.ClientID, Username: username, ConfirmationCode: code, SecretHash: c.secretHash(username)}
	return c.callIDP(ctx, "ConfirmSignUp", in, new(wire.ConfirmSignUpOutput))
}

// ForgotPassword sends the user a code to set a new password with. Errors:
// [ErrLockedOut] after too many. See "ForgotPassword" in the Amazon Cognito user
// pools API reference.
func (c *Client) ForgotPassword(ctx context.Context, username string) (Delivery, error) {
	if err := c.needPool(); err != nil {
		return Delivery{}, err
	}
	in := wire.ForgotPasswordInput{ClientId: c.ClientID, Username: username, SecretHash: c.secretHash(username)}
	var out wire.ForgotPasswordOutput
	if err := c.callIDP(ctx, "ForgotPassword", in, &out); err != nil {
		return Delivery{}, err
	}
	return delivery(out.CodeDeliveryDetails), nil
}

// ConfirmForgotPassword sets a new password with the code of ForgotPassword.
// Errors: [ErrBadCode], [ErrLockedOut]. See "ConfirmForgotPassword" in the Amazon
// Cognito user pools API reference.
func (c *Client) ConfirmForgotPassword(ctx context.Context, username, code, password string) error {
	if err := c.needPool(); err != nil {
		return err
	}
	in := wire.ConfirmForgotPasswordInput{
		ClientId: c.ClientID, Username: username, ConfirmationCode: code, Password: password,
		SecretHash: c.secretHash(username),
	}
	return c.callIDP(ctx, "ConfirmForgotPassword", in, new(wire.ConfirmForgotPasswordOutput))
}

func delivery(d *wire.CodeDeliveryDetails) Delivery {
	if d == nil {
		return Delivery{}
	}
	return Delivery{Medium: d.DeliveryMedium, Destination: d.Destination, Attribute: d.AttributeName}
}
