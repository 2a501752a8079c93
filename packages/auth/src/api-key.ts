import type { KeyObject } from 'node:crypto'
import { Fault } from '@user-provisioning/contracts/errors'
import jsonwebtoken from 'jsonwebtoken'

export const apiKeyIssuer = 'user-provisioning'
export const apiKeyAudience = 'scim'

/** Far above what `signApiKey` makes; whatever is longer is not looked at. */
const maxTokenLength = 1_000

/** What an API key says. */
export interface ApiKeyClaims {
  readonly instanceId: string
  readonly keyId: string
  readonly expiresAt: Date
}

/**
 * The Secret Token that an IdP gets: a JWT signed with ES256, under 500 bytes (some IdPs cut longer ones). Claims: `iss`, `aud`,
 * `sub` (the instance), `jti` (the key), `exp` (whole seconds).
 */
export function signApiKey(
  key: ApiKeyClaims & { readonly privateKey: KeyObject; readonly kid: string; readonly issuer?: string },
): string {
  return jsonwebtoken.sign({ exp: Math.floor(key.expiresAt.getTime() / 1000) }, key.privateKey, {
    algorithm: 'ES256',
    keyid: key.kid,
    issuer: key.issuer ?? apiKeyIssuer,
    audience: apiKeyAudience,
    subject: key.instanceId,
    jwtid: key.keyId,
    noTimestamp: true,
  })
}

export interface VerifyOptions {
  readonly issuer?: string
  /** Milliseconds since 1970. */
  readonly now?: number
}

/**
 * What a valid API key says. Algorithm, issuer and audience are pinned; whether the key was revoked is for the caller to know.
 * @param keyOf the public key of a kid; undefined when it is not known or no longer valid
 * @throws Fault token-invalid; token-expired, only once the signature was found right
 */
export function verifyApiKey(
  token: string,
  keyOf: (kid: string) => KeyObject | undefined,
  options: VerifyOptions = {},
): ApiKeyClaims {
  const claims = verifySignature(token, keyOf, options.issuer ?? apiKeyIssuer)
  refuseExpired(claims, options.now ?? Date.now())
  return claims
}

/** Verifies like `verifyApiKey`, and remembers what was right: an ES256 signature costs as much as the rest of a request. */
export interface ApiKeyVerifier {
  verify(token: string): ApiKeyClaims
}

/**
 * @param options.keyOf asked each time: a key that was rotated out is refused at once, remembered or not
 * @param options.remember how many tokens at most (default 10,000)
 */
export function createApiKeyVerifier(options: {
  keyOf: (kid: string) => KeyObject | undefined
  issuer?: string
  remember?: number
  clock?: () => number
}): ApiKeyVerifier {
  const { keyOf, issuer = apiKeyIssuer, remember = 10_000, clock = Date.now } = options
  const remembered = new Map<string, { claims: ApiKeyClaims; kid: string; key: KeyObject }>()
  return {
    verify(token) {
      const known = remembered.get(token)
      if (known !== undefined && isSame(keyOf(known.kid), known.key)) {
        refuseExpired(known.claims, clock())
        return known.claims
      }
      remembered.delete(token)
      let used: { kid: string; key: KeyObject } | undefined
      const claims = verifySignature(
        token,
        (kid) => {
          const key = keyOf(kid)
          if (key !== undefined) used = { kid, key }
          return key
        },
        issuer,
      )
      refuseExpired(claims, clock())
      if (used !== undefined) {
        const oldest = remembered.keys().next()
        if (remembered.size >= remember && !oldest.done) remembered.delete(oldest.value)
        remembered.set(token, { claims, ...used })
      }
      return claims
    },
  }
}

function isSame(key: KeyObject | undefined, other: KeyObject): boolean {
  return key === other || (key?.equals(other) ?? false)
}

function verifySignature(token: string, keyOf: (kid: string) => KeyObject | undefined, issuer: string): ApiKeyClaims {
  if (token.length > maxTokenLength) throw invalid('over-long')
  try {
    const key = keyOf(kidOf(token))
    if (key === undefined) throw invalid('unknown kid')
    const payload = jsonwebtoken.verify(token, key, {
      algorithms: ['ES256'],
      issuer,
      audience: apiKeyAudience,
      // Looked at afterwards, so that only who holds a token of ours learns that it has expired.
      ignoreExpiration: true,
    })
    if (typeof payload === 'string') throw invalid('no claims')
    const { sub, jti, exp } = payload
    if (typeof sub !== 'string' || typeof jti !== 'string' || typeof exp !== 'number') throw invalid('claims missing')
    return { instanceId: sub, keyId: jti, expiresAt: new Date(exp * 1000) }
  } catch (err) {
    throw err instanceof Fault ? err : invalid(err instanceof Error ? err.message : String(err), err)
  }
}

function kidOf(token: string): string {
  const header: unknown = JSON.parse(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString())
  const kid = typeof header === 'object' && header !== null && 'kid' in header ? header.kid : undefined
  if (typeof kid !== 'string') throw invalid('no kid')
  return kid
}

function refuseExpired(claims: ApiKeyClaims, now: number): void {
  if (claims.expiresAt.getTime() <= now) throw new Fault('token-expired', { at: claims.expiresAt.toISOString() })
}

function invalid(internal: string, cause?: unknown): Fault {
  return new Fault('token-invalid', {}, { internal, cause })
}
