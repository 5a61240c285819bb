package wire

const (
	notAuthorized    = "NotAuthorizedException"
	invalidSignature = "InvalidSignatureException"
)

// conditions is the one table of what AWS's codes and texts mean; the first row that fits decides.
var conditions = []condition{
	{notAuthorized, "Incorrect username or password", ErrBadPassword, "the user name or the password is wrong"},
	{"UserNotFoundException", "", ErrBadPassword, "there is no such user in this pool"},
	{notAuthorized, "Password attempts exceeded", ErrLockedOut, "too many wrong passwords; wait up to 15 minutes, further attempts do not lengthen the lock"},
	{"LimitExceededException", "Attempt limit exceeded", ErrLockedOut, "too many attempts; wait some minutes"},
	{"CodeMismatchException", "", ErrBadCode, "the code is mistyped, or of another device"},
	{"ExpiredCodeException", "", ErrBadCode, "the code is too old or has been used; take the next one or ask for another"},
	{"EnableSoftwareTokenMFAException", "", ErrBadCode, "the code is not of the secret just enrolled, or the clock of the device is wrong"},
	{"UserNotConfirmedException", "", ErrUserNotConfirmed, "confirm the sign-up with the code that was sent"},
	{"PasswordResetRequiredException", "", ErrPasswordResetRequired, "an administrator asked for a new password: use ForgotPassword and ConfirmForgotPassword"},
	{notAuthorized, "Temporary password has expired", ErrPasswordResetRequired, "an administrator must set a new temporary password"},
	{notAuthorized, "User is disabled", ErrUserDisabled, "an administrator disabled the user"},
	{notAuthorized, "Invalid session for the user", ErrSessionExpired, "a step took longer than the client's session lasts, or was answered twice; sign in again"},
	{notAuthorized, "Refresh Token", ErrRefreshExpired, "the refresh token has expired, was revoked or belongs to another client; sign in again"},
	{"RefreshTokenReuseException", "", ErrRefreshExpired, "the refresh token was rotated out by another process; sign in again"},
	{notAuthorized, "Access Token", ErrTokenExpired, "the access token has expired or was revoked"},
	{notAuthorized, "Token is not from a supported provider", ErrNotFromProvider, "the user pool or app client of the token is not configured in the identity pool"},
	{notAuthorized, "Logins don't match", ErrNotFromProvider, "the identity belongs to another login, or the identity pool has no such provider"},
	{notAuthorized, "Invalid login token. Token expired", ErrTokenExpired, "the ID token has expired; refresh it first"},
	{notAuthorized, "Invalid login token", ErrNotFromProvider, "the login must be an ID token of the provider it is filed under"},
	{notAuthorized, "Token is inactive", ErrTokenExpired, "the user signed out or was removed"},
	{notAuthorized, "Access to Identity", ErrIdentityForbidden, "the identity was merged or disabled, or has logins and none was given"},
	{notAuthorized, "Unauthenticated access is not supported", ErrIdentityForbidden, "the identity pool takes no guests; sign in"},
	{invalidSignature, "Signature expired", ErrClockSkew, "this machine's clock is behind, or the request was long under way"},
	{invalidSignature, "Signature not yet current", ErrClockSkew, "this machine's clock is ahead"},
	{"SignatureDoesNotMatch", "Signature expired", ErrClockSkew, "this machine's clock is behind, or the request was long under way"},
	{"SignatureDoesNotMatch", "Signature not yet current", ErrClockSkew, "this machine's clock is ahead"},
	{"RequestTimeTooSkewed", "", ErrClockSkew, "this machine's clock is wrong"},
	{"RequestExpired", "", ErrClockSkew, "this machine's clock is behind"},
	{invalidSignature, "Credential should be scoped", ErrSignatureMismatch, "the request was signed for another region or service than the one that was called"},
	{invalidSignature, "", ErrSignatureMismatch, "something between signer and server changed the request, or the secret key is another"},
	{"SignatureDoesNotMatch", "", ErrSignatureMismatch, "something between signer and server changed the request, or the secret key is another"},
	{"ExpiredTokenException", "", ErrCredentialsExpired, "the temporary credentials are over; get new ones"},
	{"ExpiredToken", "", ErrCredentialsExpired, "the temporary credentials are over; get new ones"},
	{"UnrecognizedClientException", "", ErrCredentialsExpired, "the access key or session token is not known to this server"},
	{"InvalidClientTokenId", "", ErrCredentialsExpired, "the access key or session token is not known to this server"},
	{"AccessDeniedException", "", ErrDenied, "the signature is right; the policies of the role do not allow the call"},
	{"AccessDenied", "", ErrDenied, "the signature is right; the policies of the role do not allow the call"},
	{"MissingAuthenticationTokenException", "", nil, "the request is not signed, or the API has no such stage, path or method"},
	{"TooManyRequestsException", "", ErrThrottled, "slow down and try again"},
}
