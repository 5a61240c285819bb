package token

// UserPoolIssuers returns the two forms of iss that tokens of an AWS user pool have: the original one, and the one of
// pools whose IssuerConfiguration is UPDATED (Amazon Cognito developer guide, "Verifying JSON web tokens").
func UserPoolIssuers(region, poolID string) (original, updated string) {
	host := "cognito-idp." + region + ".amazonaws.com/" + poolID
	return "https://" + host, "https://issuer-" + host
}
