import { enterpriseUserSchema } from '@user-provisioning/scim/schema'
import fc from 'fast-check'
import { number, ship, text } from './resources.ts'

const literal = (value: unknown) => JSON.stringify(value)
const order = ['gt', 'ge', 'lt', 'le']
const parts = ['co', 'sw', 'ew']

const compared = (path: string, operators: readonly string[], value: fc.Arbitrary<unknown>) =>
  fc.tuple(fc.constantFrom(...operators), value).map(([operator, item]) => `${path} ${operator} ${literal(item)}`)
const either = (path: string) => fc.constantFrom(`${path} pr`, `${path} eq null`, `${path} ne null`)

const ofText = (path: string) =>
  fc.oneof({ weight: 4, arbitrary: compared(path, ['eq', 'ne', ...order, ...parts], text) }, either(path))
const ofBoolean = (path: string) =>
  fc.oneof(compared(path, ['eq', 'ne'], fc.constantFrom(true, false, 'True')), either(path))
const ofBinary = (path: string) => fc.oneof(compared(path, ['eq', 'ne'], text), either(path))
const ofAnything = (path: string) =>
  fc.oneof(
    ofText(path),
    compared(path, ['eq', 'ne', ...order], number),
    compared(path, ['eq', 'ne'], fc.boolean()),
    either(path),
  )

/** Around the dates of the users, finer than the store keeps them. */
const date = fc
  .tuple(
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom('', '0', '0000', '0001', '5'),
    fc.constantFrom('Z', '+00:00', ''),
  )
  .map(([ms, rest, zone]) => `2026-01-01T00:00:00.00${ms}${rest}${zone}`)
const ofDate = (path: string) =>
  fc.oneof({ weight: 4, arbitrary: compared(path, ['eq', 'ne', ...order], date) }, fc.constant(`${path} pr`))

const combined = (part: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    fc.tuple(part, part).map(([left, right]) => `(${left} and ${right})`),
    fc.tuple(part, part, part).map((items) => `(${items.join(' or ')})`),
    part.map((item) => `not (${item})`),
  )
const nested = (part: fc.Arbitrary<string>) =>
  fc.letrec<{ filter: string }>((tie) => ({
    filter: fc.oneof({ depthSize: 'small', withCrossShrink: true }, part, combined(tie('filter'))),
  })).filter

const inValue = nested(fc.oneof(ofText('type'), ofText('value'), ofText('display'), ofBoolean('primary')))
const inAddress = nested(fc.oneof(ofText('type'), ofText('LOCALITY'), ofBoolean('primary')))
const inCrew = nested(fc.oneof(ofAnything('a'), ofAnything('b')))

const leaf = fc.oneof(
  ...['userName', 'TITLE', 'externalId', 'profileUrl', 'name.givenName', 'emails', 'emails.type', 'photos.value'].map(
    ofText,
  ),
  ...['addresses.locality', 'department', `${enterpriseUserSchema}:employeeNumber`, 'manager', 'id'].map(ofText),
  ...['active', 'emails.primary'].map(ofBoolean),
  ofBinary('x509Certificates.value'),
  ...['meta.created', 'meta.lastModified'].map(ofDate),
  ...['berth', 'deck', 'aft', 'tags', 'cabin', 'cabin.a', 'crew', 'crew.a', 'none'].map((name) =>
    ofAnything(`${ship}:${name}`),
  ),
  ...['name', 'emails', 'addresses', 'manager', 'meta', 'schemas'].map(either),
  fc.constantFrom(
    'meta.resourceType eq "User"',
    'meta.resourceType ne "user"',
    `schemas eq "${ship}"`,
    'schemas eq "urn:x"',
  ),
  inValue.map((filter) => `emails[${filter}]`),
  inAddress.map((filter) => `addresses[${filter}]`),
  inCrew.map((filter) => `${ship}:crew[${filter}]`),
  fc.tuple(inValue, ofText('value')).map(([filter, rest]) => `photos[${filter}].${rest}`),
)

/** The text of a filter on users, of every kind that the grammar has. */
export const filterText = nested(leaf)
