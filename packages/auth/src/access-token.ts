import { createHash, randomBytes } from 'node:crypto'

/** How an access token of the admin API looks: recognizable, so that secret scanners find a leaked one. */
const form = /^upat_[A-Za-z0-9_-]{43}$/

/** A new access token: 256 random bits. It is shown once; only its hash is kept. */
export function newAccessToken(): string {
  return `upat_${randomBytes(32).toString('base64url')}`
}

/** Whether a text can be an access token at all. */
export function isAccessToken(text: string): boolean {
  return form.test(text)
}

/** SHA-256, hex. Without salt or stretching: a token is random, not a password. */
export function hashAccessToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
