package cli

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/sigv4"
)

// maxAnswer bounds what is read of an answer of a service, in bytes.
const maxAnswer = 10 << 20

// callerRole asks STS whose the credentials are and gives the ARN: that of the
// role they were given out for. Follows GetCallerIdentity in the AWS Security
// Token Service API reference.
func callerRole(ctx context.Context, v settingValues, s *gatepass.Session) (string, error) {
	const body = "Action=GetCallerIdentity&Version=2011-06-15"
	region := regionFor(v)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, stsURL(v, region), strings.NewReader(body))
	if err != nil {
		return "", &usageError{err}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client, t := httpClient(answerTime), s.Transport()
	t.Base, t.Region, t.Service = client.Transport, region, "sts"
	client.Transport = t
	text, err := answerOf(client, r)
	if err != nil {
		return "", err
	}
	_, after, _ := bytes.Cut(text, []byte("<Arn>"))
	arn, _, _ := bytes.Cut(after, []byte("</Arn>"))
	return string(arn), nil
}

// regionFor is the region of the settings, else of the pools.
func regionFor(v settingValues) string {
	user, _, _ := strings.Cut(v.userPool, "_")
	identity, _, _ := strings.Cut(v.identityPool, ":")
	return cmp.Or(v.region, user, identity)
}

func stsURL(v settingValues, region string) string {
	base := cmp.Or(v.endpoint, os.Getenv("AWS_ENDPOINT_URL_STS"), os.Getenv("AWS_ENDPOINT_URL"))
	return cmp.Or(base, "https://"+sigv4.HostOf("sts", region)+"/")
}

// answerOf sends r to a service and gives the body of a success.
func answerOf(client *http.Client, r *http.Request) ([]byte, error) {
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = refusal(resp, body)
	}
	return body, err
}
