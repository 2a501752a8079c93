import { type JsonObject, parseJson } from '@user-provisioning/scim/json'
import { readResource } from '@user-provisioning/scim/resource'
import { enterpriseUserSchema, userType } from '@user-provisioning/scim/schema'
import fc from 'fast-check'

export const ship = 'urn:acme:Ship:2.0:User'

/** Few, so that values and what they are compared with often meet; each is odd in its own way. */
const oddTexts = [
  'a',
  'A',
  'ab',
  'aB.a',
  'Ba',
  'a\n',
  '\0',
  'å',
  'Å',
  'a\u030a',
  'ς',
  'Σ',
  'ﬀ',
  'İ',
  '😀',
  '水',
  'x*',
  '$a',
  '^[b',
  '"\\',
]

export const text = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...oddTexts) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }) },
)
export const number = fc.oneof(fc.integer({ min: -2, max: 3 }), fc.constantFrom(0.5, -0.5, 1e21, 2 ** 53, 1e-7))

const canonical = fc.constantFrom('work', 'Work', 'home', 'other')
const many = (parts: Record<string, fc.Arbitrary<unknown>>) =>
  fc.array(fc.record(parts, { requiredKeys: [] }), { maxLength: 3 }).map((items) => {
    items.forEach((item, index) => {
      if (index > 0 && item.primary === true) item.primary = false
    })
    return items
  })
const plural = () => many({ type: canonical, value: text, display: text, primary: fc.boolean() })

const undeclared = fc.oneof(text, number, fc.boolean())
const undeclaredParts = fc.record({ a: undeclared, b: undeclared }, { requiredKeys: [] })
const extension = fc.record(
  {
    berth: text,
    deck: number,
    aft: fc.boolean(),
    tags: fc.array(undeclared, { maxLength: 3 }),
    cabin: undeclaredParts.filter((parts) => Object.keys(parts).length > 0),
    crew: fc.array(undeclaredParts, { maxLength: 3 }),
  },
  { requiredKeys: [] },
)

const body = fc.record(
  {
    userName: text.filter((value) => value.trim() !== ''),
    externalId: text,
    active: fc.boolean(),
    title: text,
    displayName: text,
    profileUrl: text,
    name: fc.record({ givenName: text, familyName: text, formatted: text }, { requiredKeys: [] }),
    emails: plural(),
    photos: plural(),
    x509Certificates: plural(),
    addresses: many({ type: canonical, locality: text, primary: fc.boolean() }),
    [enterpriseUserSchema]: fc.record(
      { department: text, employeeNumber: text, manager: fc.record({ value: text }) },
      { requiredKeys: [] },
    ),
    [ship]: extension,
  },
  { requiredKeys: ['userName'] },
)

/** A user as it is stored after a create. */
export const storedUser: fc.Arbitrary<JsonObject> = body.map(
  (sent) => readResource(parseJson(JSON.stringify(sent)), userType, 'create').resource,
)
