// The certificates of one machine: a private authority and the one certificate it ever signs, for the loopback names.

// @peculiar/x509 wires itself with decorators and asks its user to bring the Reflect polyfill, before it.
import 'reflect-metadata';
import { randomUUID, type webcrypto, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

export type Authority = {
  /** The authority's certificate as a file, for NODE_EXTRA_CA_CERTS (read once, when a process starts). */
  caFile: string;
  caPem: string;
  /** The certificate for localhost, 127.0.0.1 and ::1, and its private key. */
  certPem: string;
  keyPem: string;
};

const dayMs = 86_400_000;
const lifetimeMs = 365 * dayMs;
const renewedWhenLeftMs = 7 * dayMs;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** The authority kept under `dir`, made when there is none or when it ends within a week. */
export async function createAuthority(dir: string, now = new Date()): Promise<Authority> {
  const kept = await readAuthority(dir, now);
  if (kept) return kept;
  await rm(dir, { recursive: true, force: true });
  await writeAuthority(dir, now);
  const made = await readAuthority(dir, now);
  if (!made) throw new Error(`The certificates just written to ${dir} cannot be used`);
  return made;
}

async function readAuthority(dir: string, now: Date): Promise<Authority | undefined> {
  const caFile = join(dir, 'ca.pem');
  try {
    const [caPem, certPem, keyPem] = await Promise.all([
      readFile(caFile, 'utf8'),
      readFile(join(dir, 'localhost.pem'), 'utf8'),
      readFile(join(dir, 'localhost-key.pem'), 'utf8'),
    ]);
    const certificate = new X509Certificate(certPem);
    const signedByIt = certificate.verify(new X509Certificate(caPem).publicKey);
    const leftMs = Date.parse(certificate.validTo) - now.getTime();
    return signedByIt && leftMs > renewedWhenLeftMs ? { caFile, caPem, certPem, keyPem } : undefined;
  } catch {
    // Absent or damaged: either way a new one is made.
    return undefined;
  }
}

/** Writes beside `dir` and renames: of several processes that start together, the first one's files are everybody's. */
async function writeAuthority(dir: string, now: Date): Promise<void> {
  const { caPem, certPem, keyPem } = await issueCertificates(now);
  const draft = `${resolve(dir)}.${randomUUID()}`;
  await mkdir(draft, { recursive: true });
  await writeFile(join(draft, 'ca.pem'), caPem);
  await writeFile(join(draft, 'localhost.pem'), certPem);
  await writeFile(join(draft, 'localhost-key.pem'), keyPem, { mode: 0o600 });
  try {
    await rename(draft, dir);
  } catch (error) {
    await rm(draft, { recursive: true });
    const someoneWasFirst = ['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(
      (error as NodeJS.ErrnoException).code ?? '',
    );
    if (!someoneWasFirst) throw error;
  }
}

/** The authority's own key is forgotten here, so that nothing else can ever be signed by what people come to trust. */
async function issueCertificates(now: Date) {
  const validity = {
    notBefore: new Date(now.getTime() - dayMs),
    notAfter: new Date(now.getTime() + lifetimeMs),
  };
  const authorityKeys = await generateKeys();
  const ca = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Malote local authority',
    keys: authorityKeys,
    signingAlgorithm: algorithm,
    ...validity,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.create({
    subject: 'CN=localhost',
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    ...validity,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
      await AuthorityKeyIdentifierExtension.create(ca),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const privateKey = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    caPem: ca.toString('pem'),
    certPem: certificate.toString('pem'),
    keyPem: PemConverter.encode(privateKey, PemConverter.PrivateKeyTag),
  };
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

if (import.meta.main) await createAuthority(process.argv[2] ?? '.local/tls');
