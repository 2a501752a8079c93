import { expect, test } from 'vitest'
import { parseFilter } from './filter-parser.ts'
import type { JsonObject } from './json.ts'
import { parsePatch } from './patch.ts'
import { Findings, type Quirk, quirks } from './quirks.ts'
import { readResource } from './resource.ts'
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema, groupType, userType } from './schema.ts'

const ship = 'urn:acme:Ship:2.0:User'
const manager = `${enterpriseUserSchema}:manager`
const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp']

const inPatch = (...operations: JsonObject[]) => parsePatch({ schemas, Operations: operations }, userType).quirks
const inUser = (body: JsonObject) =>
  readResource({ schemas: [coreUserSchema, enterpriseUserSchema], userName: 'n', ...body }, userType, 'create').quirks
const inFilter = (text: string) => {
  const findings = new Findings()
  parseFilter(text, userType, findings)
  return findings.quirks
}

const cases: Record<string, [readonly Quirk[], Quirk[]]> = {
  'Replace for replace': [inPatch({ op: 'Replace', path: 'title', value: 'T' }), ['op-name-case']],
  'a name in an operation': [
    inPatch({ op: 'add', path: 'title', value: 'T', name: 'x' }),
    ['unknown-operation-member'],
  ],
  'dotted keys': [inPatch({ op: 'replace', value: { 'name.givenName': 'G' } }), ['dotted-path-keys']],
  'URN keys': [inPatch({ op: 'replace', value: { [`${ship}:deck`]: 4 } }), ['dotted-path-keys']],
  'an id in a value': [inPatch({ op: 'replace', value: { id: 'x', title: 'T' } }), ['read-only-in-value']],
  'values to remove in a list': [
    inPatch({ op: 'remove', path: 'emails', value: [{ $ref: null, value: 'x' }] }),
    ['remove-by-value-array'],
  ],
  'members to remove as texts': [
    parsePatch({ schemas, Operations: [{ op: 'remove', path: 'members', value: ['x'] }] }, groupType).quirks,
    ['remove-by-value-array', 'complex-as-string'],
  ],
  'a short name in a path': [inPatch({ op: 'add', path: 'manager', value: { value: 'm' } }), ['short-extension-name']],
  'a short name in a body': [inUser({ department: 'Deck' }), ['short-extension-name']],
  'a short name in a filter': [inFilter('department eq "Deck"'), ['short-extension-name']],
  'no schemas in a PATCH': [
    parsePatch({ Operations: [{ op: 'add', path: 'title', value: 'T' }] }, userType).quirks,
    ['schemas-missing'],
  ],
  'no schemas in a user': [inUser({ schemas: null }), ['schemas-missing']],
  'a schema of SCIM 1': [inUser({ schemas: ['urn:scim:schemas:core:1.0'] }), ['unknown-schema-uri']],
  'a schema that is no text': [inUser({ schemas: [5] }), ['unknown-schema-uri']],
  "Entra's schema of groups": [
    readResource(
      {
        schemas: [coreGroupSchema, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
        displayName: 'Crew',
      },
      groupType,
      'create',
    ).quirks,
    ['unknown-schema-uri'],
  ],
  "a PATCH with a user's schema": [
    parsePatch({ schemas: [coreUserSchema], Operations: [{ op: 'add', path: 'title', value: 'T' }] }, userType).quirks,
    ['unknown-schema-uri'],
  ],
  '"True"': [inUser({ active: 'True' }), ['string-boolean']],
  '"True" in a path': [
    inPatch({ op: 'add', path: 'roles[primary eq "True"].value', value: 'helm' }),
    ['string-boolean'],
  ],
  'a text in a list': [inPatch({ op: 'add', path: 'title', value: ['T'] }), ['scalar-in-array']],
  'a manager in a list': [inPatch({ op: 'add', path: manager, value: [{ value: 'm' }] }), ['scalar-in-array']],
  'one e-mail in no list': [inUser({ emails: { value: 'x' } }), ['value-without-array']],
  'a manager as an address': [
    inPatch({ op: 'add', path: manager, value: { $ref: 'https://scim.example.test/Users/m/?x=1#y', value: null } }),
    ['address-as-reference', 'read-only-in-value'],
  ],
  'a manager as text': [inPatch({ op: 'add', path: manager, value: 'm' }), ['complex-as-string']],
  'empty text on create': [inUser({ title: '' }), ['empty-string-as-none']],
  'empty text to clear': [inPatch({ op: 'replace', path: 'title', value: '' }), ['empty-string-as-none']],
  'empty text to clear an extension': [inPatch({ op: 'replace', path: ship, value: '' }), ['empty-string-as-none']],
  'empty text to clear what no schema has': [
    inPatch({ op: 'replace', path: `${ship}:deck`, value: '' }),
    ['empty-string-as-none'],
  ],
  'text without quotes': [inFilter('externalId eq jyoung'), ['unquoted-filter-value']],
  'a complex attribute compared': [inFilter(`${manager} eq "m"`), ['complex-compared']],
}

test.each(Object.entries(cases))('%s', (_, [found, expected]) => {
  expect(found).toEqual(expected)
})

test('every quirk is one that a client has been seen with, and has a sentence', () => {
  expect(new Set(Object.values(cases).flatMap(([, expected]) => expected))).toEqual(new Set(Object.keys(quirks)))
  expect(Object.values(quirks).every((sentence) => sentence.endsWith('.'))).toBe(true)
})

test('a quirk is told once, however often it is bent for', () => {
  const replace = (path: string) => ({ op: 'Replace', path, value: 'x' })
  expect(inPatch(replace('title'), replace('nickName'), replace('manager'))).toEqual([
    'op-name-case',
    'short-extension-name',
    'complex-as-string',
  ])
})

test('what the RFCs allow is no quirk, and finding none costs no list', () => {
  const body = {
    Schemas: [coreUserSchema.toUpperCase(), enterpriseUserSchema, ship],
    USERNAME: 'n',
    title: null,
    roles: [],
    id: 'x',
    emails: [{ value: 'e', primary: true }],
    [enterpriseUserSchema]: { manager: { value: 'm' } },
    [ship]: { deck: 4, berth: '' },
  }
  const read = readResource(body, userType, 'create')
  expect(read.quirks).toEqual([])
  const patched = inPatch(
    { op: 'add', value: { title: 'T', name: { givenName: 'G' }, [enterpriseUserSchema]: { department: 'D' } } },
    { op: 'replace', path: 'emails[type eq "work" and primary eq true].value', value: 'x' },
    { op: 'replace', path: manager, value: { value: 'm' } },
    { op: 'remove', path: 'phoneNumbers[type eq "fax"]' },
    { op: 'remove', path: 'ims' },
    { op: 'remove', path: 'ims', value: null },
  )
  expect(patched).toEqual([])
  expect(
    inFilter(`emails co "x" and ${enterpriseUserSchema}:department pr and meta.created gt "2026-01-01T00:00:00Z"`),
  ).toEqual([])
  expect(patched).toBe(read.quirks)
})

test('1,000 attributes that no schema has are dropped, more are refused', () => {
  const body = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'x']))
  expect(readResource({ userName: 'n', ...body(1000) }, userType, 'create').dropped).toHaveLength(1000)
  const refused = expect.objectContaining({
    code: 'value-invalid',
    slots: expect.objectContaining({ attribute: 'k1000' }),
  })
  expect(() => inUser(body(1001))).toThrow(refused)
  expect(() => inPatch({ op: 'add', value: body(1001) })).toThrow(refused)
})
