package sigv4

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// TestUnsignedPayload holds that a request whose body is not hashed is signed as
// the AWS SDK signs it.
func TestUnsignedPayload(t *testing.T) {
	for hash, words := range map[Hash]string{
		UnsignedPayload: "UNSIGNED-PAYLOAD",
		UnsignedTrailer: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
	} {
		for _, given := range []bool{false, true} { // the client's own header, as proxies see it
			r := newRequest(t, "PUT", "/thing", "any body at all")
			theirs := r.Clone(context.Background())
			theirs.Header.Set("X-Amz-Content-Sha256", words)
			theirs.ContentLength = 0 // the SDK signs the length; we do not
			if given {
				r.Header.Set("X-Amz-Content-Sha256", words)
			}
			s := &Signer{Region: "us-east-1", Profile: Generic("lambda")}
			if err := s.Sign(r, testCreds, hash, testTime); err != nil {
				t.Fatal(err)
			}
			creds := aws.Credentials{AccessKeyID: testCreds.AccessKeyID, SecretAccessKey: testCreds.SecretAccessKey, SessionToken: testCreds.SessionToken}
			if err := v4.NewSigner().SignHTTP(context.Background(), creds, theirs, words, "lambda", "us-east-1", testTime); err != nil {
				t.Fatal(err)
			}
			if got, want := r.Header.Get("Authorization"), theirs.Header.Get("Authorization"); got != want {
				t.Errorf("%s:\n got %s\nwant %s", words, got, want)
			}
			if got := r.Header.Get("X-Amz-Content-Sha256"); got != words {
				t.Errorf("X-Amz-Content-Sha256 is %q, want %q", got, words)
			}
		}
	}
}

// TestUnsignedBodyOfWords holds that a body that reads like what stands for no
// hash is hashed as any other.
func TestUnsignedBodyOfWords(t *testing.T) {
	for _, body := range []string{"UNSIGNED-PAYLOAD", UnsignedPayload.String(), string(UnsignedPayload[:])} {
		if words := HashOf([]byte(body)).String(); len(words) != 64 {
			t.Errorf("the hash of %q is %q", body, words)
		}
	}
}

func TestWithoutPresign(t *testing.T) {
	for raw, want := range map[string]string{
		"":                           "",
		"a=1&&b=+%2b;~":              "a=1&&b=+%2b;~",
		"b=2&X-Amz-Signature=ff&a=1": "b=2&a=1",
		"%58-Amz-Date=x&x-amz-credential=y&X-Amz-Dates=1": "X-Amz-Dates=1",
	} {
		if got := WithoutPresign(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}
