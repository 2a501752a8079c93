import { createHash } from 'node:crypto'
import type { CursorSigner } from '@user-provisioning/auth/cursor'
import { ScimError } from '@user-provisioning/scim/errors'
import type { ListPosition, SortOrder } from '@user-provisioning/scim/sort-mongo'

/** How long a cursor can be used (RFC 9865 section 4, `cursorTimeout`). */
export const cursorTimeoutSeconds = 3_600

/** A longer cursor fits into no URL; nobody but a list sorted by very long texts would have one. */
const longestValue = 2_000

/** What a list is: a cursor of one is not taken for a cursor of another. */
export interface ListIdentity {
  readonly instanceId: string
  readonly endpoint: string
  /** Printed, so that two spellings of one filter are one list. */
  readonly filter: string | null
  readonly sortBy: string | null
  readonly sortOrder: SortOrder
}

/** Where a walk is. */
export interface Walk {
  readonly count: number
  /** How many there were in all when it began. */
  readonly total: number
  readonly after: ListPosition
}

/**
 * The cursor that leads to a walk's next page.
 * @throws ScimError value-invalid when the place cannot be put into a URL
 */
export function writeCursor(list: ListIdentity, walk: Walk, signer: CursorSigner, now = Date.now()): string {
  const { count, total, after } = walk
  const { id, value } = after
  if (typeof value === 'string' && value.length > longestValue) {
    const expected = `short enough to be sorted by with a cursor: leave out sortBy, or page by startIndex`
    throw new ScimError('value-invalid', { attribute: list.sortBy ?? 'id', value, expected })
  }
  const expiresAt = Math.floor(now / 1000) + cursorTimeoutSeconds
  const place = value === undefined ? [id] : [id, value]
  return signer.sign(JSON.stringify([expiresAt, fingerprint(list), count, total, ...place]))
}

/**
 * Where a walk goes on.
 * @param count the page's size, where the client says it
 * @throws ScimError cursor-invalid: not made here, or of another list; cursor-expired; count-invalid (RFC 9865 section 2.1)
 */
export function readCursor(
  cursor: string,
  list: ListIdentity,
  count: number | undefined,
  signer: CursorSigner,
  now = Date.now(),
): Walk {
  const text = signer.verify(cursor)
  if (text === undefined) throw new ScimError('cursor-invalid')
  const [expiresAt, binding, pageSize, total, id, value] = JSON.parse(text) as SignedWalk
  if (binding !== fingerprint(list)) throw new ScimError('cursor-invalid')
  if (expiresAt * 1000 <= now) throw new ScimError('cursor-expired')
  if (count !== undefined && count !== pageSize) throw new ScimError('count-invalid')
  return { count: pageSize, total, after: value === undefined ? { id } : { id, value } }
}

/** Only what was signed here is read. */
type SignedWalk = [
  expiresAt: number,
  binding: string,
  count: number,
  total: number,
  id: string,
  value?: ListPosition['value'],
]

function fingerprint({ instanceId, endpoint, filter, sortBy, sortOrder }: ListIdentity): string {
  const text = JSON.stringify([instanceId, endpoint, filter, sortBy, sortOrder])
  return createHash('sha256').update(text).digest('base64url').slice(0, 16)
}
