package srp

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// A vector is one sign-in of testdata/cognito-srp-vectors.json: twenty, one for
// each corner of the byte layout, agreed on by four foreign clients.
type vector struct {
	Note, Pool, UserID, Password, Salt, B, Verifier, U, X, S, Key, SecretBlock, Timestamp, Signature string

	APriv string `json:"A_priv"`
	A     string
	BPriv string `json:"B_priv"`
}

func vectors(t testing.TB) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/cognito-srp-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 20 {
		t.Fatalf("%d vectors; want 20", len(all))
	}
	return all
}

// unhex reads minimal hex into at least n bytes.
func unhex(t testing.TB, s string, n int) []byte {
	t.Helper()
	if len(s)%2 == 1 {
		s = "0" + s
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) < n {
		b = append(make([]byte, n-len(b)), b...)
	}
	return b
}

func (v vector) client(t testing.TB) *Client {
	t.Helper()
	return newClient(newScalar((*[32]byte)(unhex(t, v.APriv, 32))))
}

func (v vector) challenge() Challenge {
	return Challenge{PoolName: v.Pool, UserID: v.UserID, Salt: v.Salt, B: v.B, SecretBlock: v.SecretBlock}
}

func (v vector) answer(t testing.TB) Answer {
	t.Helper()
	block, err := base64.StdEncoding.DecodeString(v.SecretBlock)
	if err != nil {
		t.Fatal(err)
	}
	return Answer{PoolName: v.Pool, UserID: v.UserID, A: v.A, SecretBlock: block, Timestamp: v.Timestamp, Signature: v.Signature}
}

func TestVectorsClient(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Note, func(t *testing.T) {
			c := v.client(t)
			if c.A() != v.A {
				t.Errorf("A = %s; want %s", c.A(), v.A)
			}
			now, err := time.Parse(timestampLayout, v.Timestamp)
			if err != nil {
				t.Fatal(err)
			}
			proof, err := c.Claim(v.challenge(), v.Password, now)
			if err != nil {
				t.Fatal(err)
			}
			if want := (Proof{v.Signature, v.Timestamp}); proof != want {
				t.Errorf("proof %v; want %v", proof, want)
			}
		})
	}
}

func TestVectorsServer(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Note, func(t *testing.T) {
			salt := unhex(t, v.Salt, 1)
			verifier, err := Verifier(v.Pool, v.UserID, v.Password, salt)
			if err != nil {
				t.Fatal(err)
			}
			if minimalHex(verifier) != minimalHex(unhex(t, v.Verifier, 1)) {
				t.Errorf("verifier %x; want %s", verifier, v.Verifier)
			}
			s, err := RestoreServer(verifier, unhex(t, v.BPriv, 32))
			if err != nil {
				t.Fatal(err)
			}
			if s.B() != v.B {
				t.Errorf("B = %s; want %s", s.B(), v.B)
			}
			if err := s.Check(v.answer(t)); err != nil {
				t.Errorf("Check: %v", err)
			}
			if !CheckPassword(verifier, salt, v.Pool, v.UserID, v.Password) || CheckPassword(verifier, salt, v.Pool, v.UserID, v.Password+" ") {
				t.Error("CheckPassword does not tell the password from another")
			}
		})
	}
}

// TestVectorsMiddle holds the values between, so that a broken vector names its step.
func TestVectorsMiddle(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Note, func(t *testing.T) {
			c := v.client(t)
			salt, bigB, _, err := (&Challenge{v.Pool, v.UserID, v.Salt, v.B, v.SecretBlock}).parse()
			if err != nil {
				t.Fatal(err)
			}
			u, err := scramble(&c.bigA, bigB)
			if err != nil {
				t.Fatal(err)
			}
			x := privateKey(v.Pool, v.UserID, v.Password, salt)
			s := c.secret(bigB, &u, &x)
			key, err := sessionKey(&u, s)
			if err != nil {
				t.Fatal(err)
			}
			ub, xb := u.bytes(), x.bytes()
			got := []string{minimalHex(ub[:]), minimalHex(xb[:]), minimalHex(s.bytes()), hex.EncodeToString(key)}
			for i, want := range []string{v.U, v.X, v.S, v.Key} {
				if got[i] != strings.TrimLeft(want, "0") && got[i] != want {
					t.Errorf("step %d: %s; want %s", i, got[i], want)
				}
			}
		})
	}
}

// TestForeignAlexrudd reproduces the known answer of github.com/alexrudd/cognito-srp:
// a, B and salt are all the decimal number 1234567890.
func TestForeignAlexrudd(t *testing.T) {
	c := newClient(scalar{1234567890})
	_, bigB, _, err := (&Challenge{"myPool", "test", "499602d2", "499602d2", "YQ=="}).parse()
	if err != nil {
		t.Fatal(err)
	}
	u, err := scramble(&c.bigA, bigB)
	if err != nil {
		t.Fatal(err)
	}
	x := privateKey("myPool", "test", "test", unhex(t, "499602d2", 1))
	key, err := sessionKey(&u, c.secret(bigB, &u, &x))
	if err != nil || hex.EncodeToString(key) != "d96cde6c95dda17175c1293140c5a81f" {
		t.Errorf("key %x (%v)", key, err)
	}
	block := base64.StdEncoding.EncodeToString([]byte("secretssecrestssecrets"))
	proof, err := c.Claim(Challenge{"myPool", "test", "499602d2", "499602d2", block}, "test", time.Date(2018, 7, 10, 11, 1, 0, 0, time.UTC))
	if want := (Proof{"tdvQu/Li/qWl8Nni0aFPs+MwY4rvKZm0kSMrGIMSUHk=", "Tue Jul 10 11:01:00 UTC 2018"}); err != nil || proof != want {
		t.Errorf("proof %v, %v; want %v", proof, err, want)
	}
	if hash := SecretHash("test", "123abd", "clientSecret"); hash != "LoIX/oPJWZzFYv8liJYRo+CHv16FNDY10JlZEDjL3Vg=" {
		t.Errorf("SECRET_HASH %s", hash)
	}
}

// helper is the mock data of npm cognito-srp-helper 2.3.4 (src/__tests__/mocks/data.ts),
// whose B, salt and secret block came from Cognito.
const (
	helperA = "362be8c4c29e414549c30c6679ddbb556c27717d80c8feec68257bf5edcd855fbd23590841c1f792dd24a09243c00d4fbb8cc8047fbe1c95da7b467d29269d2db462c6268f10ef5a3c23f71865a54bae6e48523e6a7a9b65d115c66a2f5b4ec5b7384c9796dc6b2d422ea630e1821104ab05cb4a4f292f991d771be4fdba39bc6ff8dce0f0addaaaf172d908d08544d573a2222f1e198caf65f5e6445848ed23b5bbfff0b5bc00ca54b2831a200577220cfe4f5de20b66baffbfc8d3a16af6f6a7a590e0764ccdf918daf922df1ed0a695702c9bd63a69b09b4c2fb8a3bffee5f89744639607e1920ee006d81f09cba7682e75be5b407fb5cb1f706c0dbf7a9325b5c56ea53333ba1aecab647beae4b2b44c0912814609560fda8d86e6aff0b2317e339d2d3b422069d8e68fca8a39c43acb360d4285bb2dd076bb58b41e07be255f349537adaae3bf5260b2c7e066fb77904ebcee5005cc367f926482f9b405952f50e1182049ac49847a048fca4fbe13c6538eea38132c9bc43c9b05690bb7"
	helperB = "bc071b539bfaa44b26a4f4a917dcc4b90291f3fea737baa555c0dfc792f11849902859dd52976fd7367130d91969670e8a0beb66d044641709d7a9ea609e2cc5baac6837e1ee8f8d9ccdce535be1dee59d4c893d9c9a1f06ddacb9d927e29c0e8bb1b8dda315f297e82c6095570ae3ab28a9110dfc4367296d77898b1d69d029f76e16ffebed59fc568548a9fb54a1a462440b19b4e4d89ae414374654788d599d0635f9b8a7a5c6a8556e675c4e01690d5324eecd092d269b2be31fa2dc7192cb0bec8a390ca4ce791c8e8cc9ed7258929430a2802a2b9dadd985a004d584e883621ff3518e223a6dbab5071bc844e4ee7d12f6c29bd9197f0fefcee91020b0903596cf170efd27648eb5de5ab2961032cf759dbc48dadb6db0dd585bb9c1e9f73bbea67a7ca406e26d4333c63d5339fa8c0f51fc12df554737da39fc780c0a648e884600f1bf9398cedddaee7d6db6ace4e0007d97f7322d7270dc25c6e6ae000e54b62f8cb868b16e16eadb4c8c87f3baae1c1b8e59aabb73771e62c0b898"
	helperS = "gn7F/ENIPPk/KZ7P2xYr4S0pZhCn29Y0nxXBtEPEc8Tt2cqbQpWorIuwSAC0g3fpDW9djD5+b9v30TctMTiVt6xjGaZeuWzzgAnVrc0l0xROzJItEQM1V96ySkrfFbL4tKuZokrqiszsRkgwnu4SGBz3akVpUD8pZnAg1Ycfc3LLSyQETFTndRHjS8UFGIovw7wqQfxKNKDC1nY2XYWR1nFuEIvHXb+Tvc76IxNZcaEvl5sAuTjwpVlmfwPSOELXnYxvDxUcFYO3sNguNqahn6aH4j16ccEZ/Wqoubn7QkomXV3Qdo5khQbw4F9CWFaxCHoRZwFAc8RQ4oGiIHLvuMb/Y/JhGTL3HefSkBXQ+uvoPK7YdgY8yn3SejYv4xD8lw+KLTPy1EbCXX9Aq1uwgjzeSygLl7/tkf1C/YzhefXEOfaLk2eNRlAschYunQ7WeIZWBYzW+38+r4bQpaecj8GcH/ycAOpacfoLB+/q3E/dHsFOFlzetYO6Qll5AXEv4hzJZgNh1/2zK3N8j2JBUjZs2h60Rh8OS+ZcQGa7ICPfS7XDvSV8U6Xan3j2m0Azz2ara+1I4MYDVj5P4/BneVDh4L+6Dl3EWEAF9UO8Ur1/5seiOVcAQe3TlwN9UWgmOZHIq/UGU14ofpmZI46WWS3qB+yBPHbWWJ0MMFFtRwCTzFl+2kRGthRR5A+6MSuLCfdcQwqb6FYRZEdgXZzMa6Td0Pog/5TFqxygkRB0P3Yq4lfOnRKI6cC3+2g8uMsEmOJfzsVrsfi6GTAPrP+lIPpNe12ZquFzPGi9Z68Odj+aNDYChalBpuvJgxWR2EFuyj2MebKz6Zo/5V/w964aTTYjUt1pPHURLx3MKl7Ns1xF1lklQ1DAOQYNrVWxWJRs4TxipduEq4N02uh9XKWzXxLJuHsc1B9e1Dc+1sHs122POq7i/VYoln6LhO30o32lDHOGa56krde0N/+FY7034zB1pqL8VuDd2/8o8XZ+D/ez/1gBwQ2y1q6CRvvZmNyYBIC8an/Vgb++e5zgx6Cb43o9+PEFc8UEA8QljTgZ2m+kwjia1TSYeyYnKQOIqCKMkZa6IBIwMZ6AHIDSWk//IR/UMiq4QGfb5CJFPYOTKSGXEU9dFPYbx+pZmq/Fq7QgFCM/I7M6jKZPwn+T4/RGLEg1YNRwQS/oQI/uu5iF9sIbtWO5XTRQ8q2ld4s3tEFflYdmELHXrt1UuFaCi82iTJZAgFPeIx9mHPb0U+I7iutfEPogIE5b/2T+qJhIBgeIQUVsJuo+uLdriFm1c7YwBMBTJWC9R2mL+2x6quavpx7u0zgHrmbDxFx6+nBl0DEZxsY5h8AEDUVhyi2w+7aK9T/uh7Pz3/fH+AwXfWcA1cBueYYHX0Due6+3hRAHfOokXTbi27+YoS2AKuXDl2EibHedm5lb1Tg18V66dXtGsvpIn/OUWO2FphUGdtCMgZc51ahYTiN1m6Qqx+z1DFRM2BLw6HLxb1uT1OmDyucvCXIsMl4vNyyeIdJwstIbQrECxg1Fdow6jHrzKyJw/FKsYGSnyDRk++1jTt3J46wz16S45XaMSDG8RMH7AKKeAX/lfJ0d247ajB4U8Hei1h1kclX/DAYp7A0KyoCG7Qt9hZGsxhsloT2eYohHEKshPDs2WU48WtuHwgXydkTABvx3b1ixLp2CEuQiMyy3jZpvDD8WGaqWqbQgnH/yQw=="
)

func TestForeignCognitoSRPHelper(t *testing.T) {
	const sub = "a2c2e290-6d0f-4a08-a5ca-f0162935f3a6"
	c := newClient(scalar{0xabcdef0123456789})
	if c.A() != helperA {
		t.Errorf("A = %s", c.A())
	}
	proof, err := c.Claim(Challenge{"eYpv1mFHB", sub, "baf4431cdaa37c04c0d655a99f5e9b9b", helperB, helperS},
		"Qwerty1!", time.Date(2000, 2, 1, 3, 4, 5, 0, time.UTC))
	want := Proof{"RrSiIBQazZkaxHQf34oRro1qjzfEvwdP6/Avltpd34E=", "Tue Feb 1 03:04:05 UTC 2000"}
	if err != nil || proof != want {
		t.Errorf("proof %v, %v; want %v", proof, err, want)
	}
	hash := SecretHash(sub, "18u8119jgbpr464n28s1itk2mq", "ps50nb7hd1umdnmlt1xa9nwiscqvdvzy5ijw63vcacd09yihc2b")
	if hash != "QW3YkSgjkc9VNMtbTkuQflK54A6+9GS8ZiRDj0mSvPI=" {
		t.Errorf("SECRET_HASH %s", hash)
	}
}

// TestTimestampForms follows what Cognito was seen to answer: a padded day or a
// wrong weekday fails the proof, other text is a format error.
func TestE06TimestampForms(t *testing.T) {
	v := vectors(t)[3] // Sun Mar 1 09:08:07 UTC 2026
	s, err := RestoreServer(unhex(t, v.Verifier, 384), unhex(t, v.BPriv, 32))
	if err != nil {
		t.Fatal(err)
	}
	for ts, want := range map[string]error{
		"Sun Mar 1 09:08:07 UTC 2026":  nil,
		"Sun Mar 01 09:08:07 UTC 2026": ErrBadProof,
		"Mon Mar 1 09:08:07 UTC 2026":  ErrBadProof,
		"Sun Mar 1 09:08:07 GMT 2026":  ErrBadProof,
		"2026-03-01T09:08:07Z":         ErrTimestamp,
		"dim. mars 1 09:08:07 UTC 26":  ErrTimestamp,
		"":                             ErrTimestamp,
		"Sun Feb 30 09:08:07 UTC 2026": ErrTimestamp,
		strings.Repeat("Sun ", 1<<18):  ErrTimestamp,
	} {
		a := v.answer(t)
		a.Timestamp = ts
		// The client signs what it sends, so the proof is made over ts itself.
		a.Signature = base64.StdEncoding.EncodeToString(sign(unhex(t, v.Key, 16), v.Pool, v.UserID, a.SecretBlock, ts))
		if err := s.Check(a); !errors.Is(err, want) {
			t.Errorf("%.40q: %v; want %v", ts, err, want)
		}
	}
}
