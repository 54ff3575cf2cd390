package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"time"
)

// claims is what a token says (RFC 7519 section 4.1).
type claims struct {
	Issuer    string    `json:"iss"`
	Subject   string    `json:"sub"`
	Audience  audiences `json:"aud"`
	ExpiresAt *float64  `json:"exp"`
	NotBefore *float64  `json:"nbf"`
}

// audiences is one text, or several.
type audiences []string

func (a *audiences) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = audiences{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(a))
}

var (
	errMalformed = errors.New("the token is malformed")
	errSignature = errors.New("no known key has signed the token")
)

// base64url refuses bits that nobody reads: a token is written in one way.
var base64url = base64.RawURLEncoding.Strict()

// verify is what a token says that one of the keys has signed (RFC 7515 section 5.2).
func verify(token string, keys []key) (*claims, error) {
	signedEnd := strings.LastIndexByte(token, '.')
	if signedEnd < 0 {
		return nil, errMalformed
	}
	headerText, claimsText, _ := strings.Cut(token[:signedEnd], ".")
	var header struct {
		Algorithm string          `json:"alg"`
		KeyID     string          `json:"kid"`
		Critical  json.RawMessage `json:"crit"`
	}
	if err := decode(headerText, &header); err != nil {
		return nil, err
	}
	// An extension that has to be understood, and is not.
	if header.Critical != nil {
		return nil, errMalformed
	}
	signature, err := base64url.DecodeString(token[signedEnd+1:])
	if err != nil {
		return nil, errMalformed
	}
	isSigned := slices.ContainsFunc(keys, func(key key) bool {
		return key.algorithm == header.Algorithm &&
			(header.KeyID == "" || key.id == "" || key.id == header.KeyID) &&
			key.verify([]byte(token[:signedEnd]), signature)
	})
	if !isSigned {
		return nil, errSignature
	}
	said := new(claims)
	return said, decode(claimsText, said)
}

func decode(text string, into any) error {
	bytes, err := base64url.DecodeString(text)
	if err != nil || json.Unmarshal(bytes, into) != nil {
		return errMalformed
	}
	return nil
}

// rules is what a token has to say.
type rules struct {
	issuer, audience string
	// leeway is how far clocks may differ.
	leeway time.Duration
}

func (r *rules) check(said *claims, now time.Time) error {
	switch {
	case said.ExpiresAt == nil:
		return errors.New("the token does not expire")
	case !now.Add(-r.leeway).Before(dateOf(*said.ExpiresAt)):
		return errors.New("the token has expired")
	case said.NotBefore != nil && now.Add(r.leeway).Before(dateOf(*said.NotBefore)):
		return errors.New("the token is not valid yet")
	case said.Issuer != r.issuer:
		return errors.New("the token has another issuer")
	case !slices.Contains(said.Audience, r.audience):
		return errors.New("the token is for another audience")
	}
	return nil
}

// dateOf is a NumericDate, which may have a fraction; ones that no clock reaches are as good as never.
func dateOf(seconds float64) time.Time {
	seconds = min(max(seconds, 0), 1<<40)
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9))
}
