// The certificate that an app proves itself with instead of a secret: self-signed, as Entra takes them.

// @peculiar/x509 wires itself with decorators and asks its user to bring the Reflect polyfill, before it.
import 'reflect-metadata';
import { createHash, type webcrypto, X509Certificate } from 'node:crypto';
import { PemConverter, X509CertificateGenerator } from '@peculiar/x509';
import { exportJWK, type JWK } from 'jose';
import { readOrMake } from './kept-file.ts';

export type AppCertificate = {
  /** The certificate and its private key, one after the other. */
  pem: string;
  publicKey: JWK;
  /** How an assertion's header may name it (RFC 7515 4.1.7 and 4.1.8). */
  thumbprints: { x5t: string; 'x5t#S256': string };
};

const validDays = 3_650;
// Entra takes RSA keys only, and MSAL signs with nothing else.
const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2_048,
};

/** `file` is read, or written when there is none; without one it is another each time. */
export async function loadAppCertificate(file?: string): Promise<AppCertificate> {
  return readAppCertificate(await readOrMake(file, generateCertificate));
}

/** The certificate of a PEM text. */
export async function readAppCertificate(pem: string): Promise<AppCertificate> {
  const { raw, publicKey } = new X509Certificate(pem);
  return {
    pem,
    publicKey: await exportJWK(publicKey),
    thumbprints: { x5t: digest('sha1', raw), 'x5t#S256': digest('sha256', raw) },
  };
}

async function generateCertificate(): Promise<string> {
  const keys = (await crypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Malote local mail app',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + validDays * 86_400_000),
  });
  const privateKey = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return `${certificate.toString('pem')}\n${PemConverter.encode(privateKey, PemConverter.PrivateKeyTag)}\n`;
}

function digest(hash: string, der: Buffer): string {
  return createHash(hash).update(der).digest('base64url');
}
