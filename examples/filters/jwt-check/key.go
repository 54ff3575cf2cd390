package main

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
)

// jwk is a key of a JWK set (RFC 7517; RFC 7518 section 6; RFC 8037 for OKP).
type jwk struct {
	Kty, Kid, Alg, Use, Crv, X, Y, N, E, K string
}

// key verifies signatures of its algorithm, and of no other: the token does not choose what a key is used for.
type key struct {
	id, algorithm string
	verify        func(signed, signature []byte) bool
}

func (j *jwk) parse() (key, error) {
	read, err := j.verifier()
	if err == nil && j.Alg != "" && j.Alg != read.algorithm {
		err = errors.New("it is for " + j.Alg)
	}
	if err == nil && j.Use != "" && j.Use != "sig" {
		err = errors.New("it is not for signatures")
	}
	if err != nil {
		return key{}, fmt.Errorf("key %q: %w", j.Kid, err)
	}
	read.id = j.Kid
	return read, nil
}

func (j *jwk) verifier() (key, error) {
	switch j.Kty + " " + j.Crv {
	case "RSA ":
		return j.rsa()
	case "EC P-256":
		return j.ecdsa()
	case "OKP Ed25519":
		return j.ed25519()
	case "oct ":
		return j.hmac()
	}
	return key{}, errors.New("it is of another kind than RSA, EC with P-256, OKP with Ed25519, and oct")
}

func (j *jwk) rsa() (key, error) {
	modulus, err := base64url.DecodeString(j.N)
	if err != nil {
		return key{}, err
	}
	exponent, err := base64url.DecodeString(j.E)
	if err != nil {
		return key{}, err
	}
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(modulus)}
	if public.N.BitLen() < 2048 {
		return key{}, errors.New("RS256 wants 2048 bits or more")
	}
	e := new(big.Int).SetBytes(exponent)
	if e.BitLen() < 2 || e.BitLen() > 31 {
		return key{}, errors.New("its exponent is none")
	}
	public.E = int(e.Int64())
	return key{algorithm: "RS256", verify: func(signed, signature []byte) bool {
		digest := sha256.Sum256(signed)
		return rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature) == nil
	}}, nil
}

func (j *jwk) ecdsa() (key, error) {
	x, err := base64url.DecodeString(j.X)
	if err != nil {
		return key{}, err
	}
	y, err := base64url.DecodeString(j.Y)
	if err != nil {
		return key{}, err
	}
	// It says whether that is a point of the curve.
	if _, err := ecdh.P256().NewPublicKey(append(append([]byte{4}, x...), y...)); err != nil {
		return key{}, err
	}
	public := &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(x), Y: new(big.Int).SetBytes(y)}
	return key{algorithm: "ES256", verify: func(signed, signature []byte) bool {
		if len(signature) != 64 {
			return false
		}
		digest := sha256.Sum256(signed)
		return ecdsa.Verify(public, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
	}}, nil
}

func (j *jwk) ed25519() (key, error) {
	public, err := base64url.DecodeString(j.X)
	if err != nil {
		return key{}, err
	}
	if len(public) != ed25519.PublicKeySize {
		return key{}, errors.New("it has another length than Ed25519 wants")
	}
	return key{algorithm: "EdDSA", verify: func(signed, signature []byte) bool {
		return ed25519.Verify(public, signed, signature)
	}}, nil
}

func (j *jwk) hmac() (key, error) {
	secret, err := base64url.DecodeString(j.K)
	if err != nil {
		return key{}, err
	}
	// RFC 7518 section 3.2.
	if len(secret) < sha256.Size {
		return key{}, errors.New("HS256 wants 32 bytes or more")
	}
	return key{algorithm: "HS256", verify: func(signed, signature []byte) bool {
		code := hmac.New(sha256.New, secret)
		code.Write(signed)
		return hmac.Equal(code.Sum(nil), signature)
	}}, nil
}
