import { z } from 'zod'

/** Any JSON value. Not z.json(), which walks through it: what came out of JSON.parse is JSON. */
export const json: z.ZodType<z.core.util.JSONType> = z.unknown() as z.ZodType<z.core.util.JSONType>

export const jsonObject = z.record(z.string(), json)
export type JsonObject = z.infer<typeof jsonObject>

/** Who did it. For an IdP the id is that of its API key, for an admin that of the principal, for a rule or job its own. */
export const actor = z.strictObject({
  type: z.enum(['idp', 'admin', 'rule', 'job', 'system']),
  id: z.string(),
  name: z.string(),
})
export type Actor = z.infer<typeof actor>

/** What led to it: the request, or the fact that a proposal answers. */
export const cause = z.strictObject({
  type: z.enum(['request', 'proposal', 'task', 'job']),
  id: z.string(),
})
export type Cause = z.infer<typeof cause>

/** Something that did not go as asked but did not stop the request; the code is one of the error catalogue's. */
export const warning = z.strictObject({
  code: z.string(),
  path: z.string().nullable(),
  detail: z.string(),
})
export type Warning = z.infer<typeof warning>

/** One changed value. `path` is a SCIM attribute path, a field name, an object type or `state`, by `kind`. */
export const change = z.strictObject({
  kind: z.enum(['attribute', 'field', 'link', 'membership', 'state', 'mapping', 'rule', 'key', 'setting', 'admin']),
  path: z.string(),
  old: json,
  new: json,
})
export type Change = z.infer<typeof change>
