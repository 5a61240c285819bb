package explain

import "strings"

// unknownKey is for credentials the service does not know.
func unknownKey(v *view) []Cause {
	var list []Cause
	if strings.HasPrefix(v.scope.key, "ASIA") && !v.token() {
		return []Cause{v.noToken()}
	}
	if v.over() {
		list = append(list, credentialsOver(v)...)
	}
	if v.Known.Credentials.AccessKeyID != "" && v.scope.key != "" && v.Known.Credentials.AccessKeyID != v.scope.key {
		list = append(list, Cause{
			Name: "other-key", Title: "The request was signed with other credentials than this profile's",
			Seen: []string{"It was signed with " + clean(v.scope.key) + "; the profile's are " + v.Known.Credentials.AccessKeyID + "."},
			Fix:  []string{v.command("call")},
		})
	}
	c := Cause{
		Name: "unknown-key", Title: "The service does not know these credentials, or their session token",
		Fix: []string{"gatepass login", "Use key id, secret and session token of one answer; AWS_* variables of different sets are often mixed up."},
	}
	if v.scope.key != "" {
		c.Seen = append(c.Seen, "The access key is "+clean(v.scope.key)+", "+keyKind(v.scope.key)+".")
	}
	if strings.HasPrefix(v.scope.key, "AKIA") && v.token() {
		c.Seen = append(c.Seen, "A long-term key was sent with a session token: the token is left over from other credentials.")
		c.Fix = append([]string{"unset AWS_SESSION_TOKEN"}, c.Fix...)
	}
	if v.place.local {
		c.Seen = append(c.Seen, "The server is on this machine: one with a new database has forgotten all credentials.")
	}
	return append(list, c)
}

func keyKind(id string) string {
	switch {
	case strings.HasPrefix(id, "ASIA"):
		return "temporary"
	case strings.HasPrefix(id, "AKIA"):
		return "of an IAM user"
	}
	return "not of AWS's form"
}

func (v *view) noToken() Cause {
	return Cause{
		Name: "no-token", Title: "The session token is missing",
		Seen: []string{"The access key " + clean(v.scope.key) + " is temporary (ASIA…), and there is no X-Amz-Security-Token."},
		Fix:  []string{"Send the session token that came with the key: AWS_SESSION_TOKEN, or curl -H \"X-Amz-Security-Token: $AWS_SESSION_TOKEN\".", v.command("call")},
	}
}

// over says whether the credentials at hand had run out.
func (v *view) over() bool {
	return !v.Known.Expires.IsZero() && !v.Now.IsZero() && v.Now.After(v.Known.Expires)
}

func credentialsOver(v *view) []Cause {
	c := Cause{
		Name: "expired", Title: "The temporary credentials have expired",
		Fix: []string{"gatepass call renews them by itself; another tool gets new ones by gatepass credentials --format process.", "gatepass login, if the session is over too"},
	}
	if v.over() {
		c.Seen = append(c.Seen, "They were good until "+clockTime(v.Known.Expires)+".")
	}
	if v.scope.key != "" && v.Known.Credentials.AccessKeyID != "" && v.scope.key != v.Known.Credentials.AccessKeyID {
		c.Seen = append(c.Seen, "It was signed with "+clean(v.scope.key)+"; the profile's are "+v.Known.Credentials.AccessKeyID+" by now.")
	}
	return []Cause{c}
}
