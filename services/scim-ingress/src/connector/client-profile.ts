import type { IncomingHttpHeaders } from 'node:http'

const byUserAgent: readonly (readonly [RegExp, string])[] = [
  [/okta/i, 'okta'],
  [/onelogin/i, 'onelogin'],
  [/jumpcloud/i, 'jumpcloud'],
  [/google-auto-provisioning/i, 'google'],
]

/** Which IdP's dialect a request looks like, from its headers. Entra ID sends no User-Agent; the name changes no answer. */
export function clientProfileOf(headers: IncomingHttpHeaders): string {
  const userAgent = headers['user-agent']
  if (headers.adscimversion !== undefined || userAgent === undefined) return 'entra'
  return byUserAgent.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'generic'
}
