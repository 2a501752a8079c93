import { createHash } from 'node:crypto'
import { ScimError } from '@user-provisioning/scim/errors'

/**
 * What a list is, so that a cursor of one is not taken for a cursor of another: the operation, the instance and the
 * filters, but not the limit.
 */
export type ListIdentity = readonly (string | number | boolean | null | undefined)[]

/**
 * The `next` of a page: opaque to clients, made of unreserved characters.
 * @param keys the sort keys of the page's last item
 */
export function encodeCursor(list: ListIdentity, keys: readonly string[]): string {
  return Buffer.from(JSON.stringify([fingerprint(list), ...keys])).toString('base64url')
}

/**
 * The sort keys that a cursor holds, as many as `count`.
 * @throws ScimError cursor-invalid when it is malformed or of another list
 */
export function decodeCursor(list: ListIdentity, cursor: string, count: number): string[] {
  const [binding, ...keys] = textsOf(cursor)
  if (binding !== fingerprint(list) || keys.length !== count) throw new ScimError('cursor-invalid')
  return keys
}

function textsOf(cursor: string): string[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(parsed) && parsed.every((item) => typeof item === 'string') ? parsed : []
  } catch {
    return []
  }
}

function fingerprint(list: ListIdentity): string {
  return createHash('sha256')
    .update(JSON.stringify(list.map((part) => part ?? null)))
    .digest('base64url')
    .slice(0, 12)
}
