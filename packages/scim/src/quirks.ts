import { ScimError } from './errors.ts'
import type { AttributePath } from './schema.ts'

/**
 * What clients send that is not as the RFCs have it, and is understood all the same. The names are stable: logs and metrics
 * carry them. What an RFC allows, such as any case of attribute names or null for no value, is no quirk.
 */
export const quirks = {
  'op-name-case': 'The name of a PATCH operation is not in lower case: "Replace".',
  'unknown-operation-member': 'A PATCH operation has members besides op, path and value.',
  'dotted-path-keys': 'The value of a PATCH operation without a path has paths for names: "name.givenName".',
  'read-only-in-value': 'The value of a PATCH operation has read-only attributes, which are ignored.',
  'remove-by-value-array': 'A PATCH removes values by a list of them instead of a filter in the path.',
  'short-extension-name': 'An attribute of an extension is named without its URI: "manager".',
  'schemas-missing': 'The message does not say its schemas.',
  'unknown-schema-uri': 'The message lists a schema that it has no attribute of and that is not served here.',
  'string-boolean': 'A boolean is sent as text: "True".',
  'scalar-in-array': 'The one value of an attribute stands in a list: ["x"], [{"$ref": null, "value": "x"}].',
  'value-without-array': 'A value of an attribute that may have many stands in no list.',
  'complex-as-string': 'Text stands for the value of a complex attribute: "manager": "id", "members": ["id"].',
  'address-as-reference': 'A reference is given by its address alone: {"$ref": "../Users/26118915"}.',
  'empty-string-as-none': 'Empty text says that there is no value.',
  'unquoted-filter-value': 'A text in a filter stands in no quotes: externalId eq jyoung.',
  'complex-compared': 'A filter compares a complex attribute of one value and means its value: manager eq "id".',
} as const

export type Quirk = keyof typeof quirks

const none: readonly never[] = Object.freeze([])

/** Most attributes that no schema has in one message: more are no mistake of a mapping. */
const maxDropped = 1000

/** What a reader finds on its way: attributes that it cannot keep, and the quirks that it bends for. */
export class Findings {
  #dropped: string[] | undefined
  #quirks: Quirk[] | undefined

  /** Attributes that were sent and that no schema has, as written, in order. */
  get dropped(): readonly string[] {
    return this.#dropped ?? none
  }

  /** Each quirk once, in the order of appearance. */
  get quirks(): readonly Quirk[] {
    return this.#quirks ?? none
  }

  /** @throws ScimError value-invalid: over 1,000 of them. */
  drop(name: string): void {
    this.#dropped ??= []
    if (this.#dropped.length >= maxDropped) {
      const expected = `one with at most ${maxDropped} attributes that no schema has`
      throw new ScimError('value-invalid', { attribute: name, value: 'the message', expected })
    }
    this.#dropped.push(name)
  }

  bend(quirk: Quirk): void {
    this.#quirks ??= []
    if (!this.#quirks.includes(quirk)) this.#quirks.push(quirk)
  }
}

/** Notes that an extension's attribute is not named by its URI. */
export function noteShortName(path: AttributePath, written: string, findings: Findings): void {
  if (path.schema !== null && !written.includes(':')) findings.bend('short-extension-name')
}
