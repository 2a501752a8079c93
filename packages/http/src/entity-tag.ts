import { Fault } from '@user-provisioning/contracts/errors'
import type { RequestContext } from './request-context.ts'

/** The strong tag of the admin API: `"<version>"`. */
export function strongTag(version: number): string {
  return `"${version}"`
}

/** The tags of an If-Match or If-None-Match header, without `W/`: a proxy may have put that on. Undefined: no header. */
function readTags(ctx: RequestContext, name: 'If-Match' | 'If-None-Match'): readonly string[] | '*' | undefined {
  const header = ctx.get(name).trim()
  if (header === '') return undefined
  if (header === '*') return '*'
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (!tags.every((tag) => /^"[\x21\x23-\x7e]*"$/.test(tag))) {
    throw new Fault('parameter-invalid', { name, why: 'it holds entity tags in double quotes, as they were read' })
  }
  return tags
}

/**
 * The versions that If-Match allows, `*` for any, undefined where it was not sent. A tag that is no version matches none.
 * @throws Fault parameter-invalid
 */
export function readIfMatch(ctx: RequestContext): readonly number[] | '*' | undefined {
  const tags = readTags(ctx, 'If-Match')
  return typeof tags === 'object' ? tags.map((tag) => Number(/^"(\d{1,15})"$/.exec(tag)?.[1] ?? -1)) : tags
}

/**
 * Puts the tag on the answer to a read, and makes it 304 without a body where If-None-Match knows it (RFC 9110 section 13.1.2).
 * @returns whether the caller has it already
 * @throws Fault parameter-invalid
 */
export function answerIfChanged(ctx: RequestContext, tag: string): boolean {
  ctx.set('ETag', tag)
  const tags = readTags(ctx, 'If-None-Match')
  const known = tags === '*' || (tags?.includes(tag.replace(/^W\//, '')) ?? false)
  if (known) ctx.status = 304
  return known
}
