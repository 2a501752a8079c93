// One declaration of the resources drives reading, PATCH, filters, projection and /Schemas (RFC 7643 sections 3, 4, 7 and 8.7).
import type { JsonValue } from './json.ts'

export interface AttributeDeclaration {
  readonly name: string
  readonly type: 'string' | 'boolean' | 'decimal' | 'integer' | 'dateTime' | 'reference' | 'binary' | 'complex'
  readonly multiValued: boolean
  readonly required: boolean
  readonly caseExact: boolean
  readonly mutability: 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly'
  readonly returned: 'always' | 'never' | 'default' | 'request'
  readonly uniqueness: 'none' | 'server' | 'global'
  readonly canonicalValues?: readonly string[]
  readonly referenceTypes?: readonly string[]
  readonly subAttributes?: readonly AttributeDeclaration[]
  readonly description: string
  /** The value that a create takes when the client sends none. */
  readonly initial?: JsonValue
  /** Stored apart from the resource, so that an empty list says something: all of them go. */
  readonly apart?: true
}

export interface Schema {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly attributes: readonly AttributeDeclaration[]
}

export interface ResourceType {
  readonly name: 'User' | 'Group'
  readonly endpoint: '/Users' | '/Groups'
  readonly description: string
  readonly schema: Schema
  readonly extensions: readonly Schema[]
}

type Details = Partial<Omit<AttributeDeclaration, 'name' | 'type' | 'description'>>

function attribute(name: string, type: AttributeDeclaration['type'], description: string, details: Details = {}) {
  return {
    name,
    type,
    multiValued: false,
    required: false,
    // RFC 7643 section 2.3: references and binaries are case exact, strings are not unless declared so.
    caseExact: type === 'reference' || type === 'binary',
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    description,
    ...details,
  } satisfies AttributeDeclaration
}

const readOnly = { mutability: 'readOnly' } as const

function plural(name: string, noun: string, value: AttributeDeclaration, canonicalTypes: readonly string[] = []) {
  return attribute(name, 'complex', `${noun} of the user.`, {
    multiValued: true,
    subAttributes: [
      value,
      attribute('display', 'string', 'A name for display.'),
      attribute(
        'type',
        'string',
        'What the value is for.',
        canonicalTypes.length > 0 ? { canonicalValues: canonicalTypes } : {},
      ),
      attribute('primary', 'boolean', 'The preferred value; true at most once.'),
    ],
  })
}

/** RFC 7643 section 3.1 and `schemas`: every resource has them, no schema lists them. */
export const commonAttributes: readonly AttributeDeclaration[] = [
  attribute('schemas', 'reference', 'The schemas of the resource.', {
    multiValued: true,
    mutability: 'readOnly',
    returned: 'always',
    referenceTypes: ['uri'],
  }),
  attribute('id', 'string', 'The identifier that this service gave the resource.', {
    caseExact: true,
    mutability: 'readOnly',
    returned: 'always',
    uniqueness: 'server',
  }),
  attribute('externalId', 'string', 'The identifier that the identity provider gave the resource.', {
    caseExact: true,
  }),
  attribute('meta', 'complex', 'About the resource itself.', {
    mutability: 'readOnly',
    subAttributes: [
      attribute('resourceType', 'string', 'The type of the resource.', { ...readOnly, caseExact: true }),
      attribute('created', 'dateTime', 'When it was created.', readOnly),
      attribute('lastModified', 'dateTime', 'When it was last changed.', readOnly),
      attribute('location', 'reference', 'Where it can be read.', { ...readOnly, referenceTypes: ['uri'] }),
      attribute('version', 'string', 'Its entity tag.', { ...readOnly, caseExact: true }),
    ],
  }),
]

export const coreUserSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const enterpriseUserSchema = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const coreGroupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group'

const user: Schema = {
  id: coreUserSchema,
  name: 'User',
  description: 'User Account',
  attributes: [
    attribute('userName', 'string', 'The unique name by which the user signs in.', {
      required: true,
      uniqueness: 'global',
    }),
    attribute('name', 'complex', "The parts of the user's name.", {
      subAttributes: [
        attribute('formatted', 'string', 'The full name for display.'),
        attribute('familyName', 'string', 'The family name.'),
        attribute('givenName', 'string', 'The given name.'),
        attribute('middleName', 'string', 'The middle names.'),
        attribute('honorificPrefix', 'string', 'The title before the name.'),
        attribute('honorificSuffix', 'string', 'The suffix after the name.'),
      ],
    }),
    attribute('displayName', 'string', 'The name for display.'),
    attribute('nickName', 'string', 'The casual name.'),
    attribute('profileUrl', 'reference', 'The page about the user.', { referenceTypes: ['external'] }),
    attribute('title', 'string', 'The job title.'),
    attribute('userType', 'string', 'The relation to the organization, such as Employee or Contractor.'),
    attribute('preferredLanguage', 'string', 'The preferred languages, as in Accept-Language.'),
    attribute('locale', 'string', 'The place used for dates, currency and numbers.'),
    attribute('timezone', 'string', 'The time zone, by its IANA name.'),
    attribute('active', 'boolean', 'Whether the user may sign in.', { initial: true }),
    attribute('password', 'string', 'Accepted and thrown away: never stored, never returned.', {
      mutability: 'writeOnly',
      returned: 'never',
      caseExact: true,
    }),
    plural('emails', 'E-mail addresses', attribute('value', 'string', 'The e-mail address.'), [
      'work',
      'home',
      'other',
    ]),
    plural('phoneNumbers', 'Phone numbers', attribute('value', 'string', 'The phone number.'), [
      'work',
      'home',
      'mobile',
      'fax',
      'pager',
      'other',
    ]),
    plural('ims', 'Instant messaging addresses', attribute('value', 'string', 'The address.'), [
      'aim',
      'gtalk',
      'icq',
      'xmpp',
      'msn',
      'skype',
      'qq',
      'yahoo',
    ]),
    plural(
      'photos',
      'Photos',
      attribute('value', 'reference', 'Where the photo is.', { referenceTypes: ['external'] }),
      ['photo', 'thumbnail'],
    ),
    attribute('addresses', 'complex', 'Postal addresses of the user.', {
      multiValued: true,
      subAttributes: [
        attribute('formatted', 'string', 'The whole address for display.'),
        attribute('streetAddress', 'string', 'Street, house, box.'),
        attribute('locality', 'string', 'The city.'),
        attribute('region', 'string', 'The state or region.'),
        attribute('postalCode', 'string', 'The postal code.'),
        attribute('country', 'string', 'The country.'),
        attribute('type', 'string', 'What the address is for.', { canonicalValues: ['work', 'home', 'other'] }),
        attribute('primary', 'boolean', 'The preferred address; true at most once.'),
      ],
    }),
    attribute('groups', 'complex', 'The groups that the user is a member of; changed through the groups.', {
      multiValued: true,
      mutability: 'readOnly',
      subAttributes: [
        attribute('value', 'string', "The group's id.", { ...readOnly, caseExact: true }),
        attribute('$ref', 'reference', 'Where the group is.', { ...readOnly, referenceTypes: ['User', 'Group'] }),
        attribute('display', 'string', "The group's name.", readOnly),
        attribute('type', 'string', 'How the user is a member.', {
          ...readOnly,
          canonicalValues: ['direct', 'indirect'],
        }),
      ],
    }),
    plural('entitlements', 'Entitlements', attribute('value', 'string', 'The entitlement.')),
    plural('roles', 'Roles', attribute('value', 'string', 'The role.')),
    plural('x509Certificates', 'Certificates', attribute('value', 'binary', 'The certificate, base64 encoded.')),
  ],
}

const enterpriseUser: Schema = {
  id: enterpriseUserSchema,
  name: 'EnterpriseUser',
  description: 'Enterprise User',
  attributes: [
    attribute('employeeNumber', 'string', 'The number that the organization gave the user.'),
    attribute('costCenter', 'string', 'The cost center.'),
    attribute('organization', 'string', 'The organization.'),
    attribute('division', 'string', 'The division.'),
    attribute('department', 'string', 'The department.'),
    attribute('manager', 'complex', "The user's manager.", {
      subAttributes: [
        attribute('value', 'string', "The manager's id."),
        attribute('$ref', 'reference', 'Where the manager is.', { ...readOnly, referenceTypes: ['User'] }),
        attribute('displayName', 'string', "The manager's name.", readOnly),
      ],
    }),
  ],
}

const group: Schema = {
  id: coreGroupSchema,
  name: 'Group',
  description: 'Group',
  attributes: [
    attribute('displayName', 'string', 'The name of the group, unique in its instance.', {
      required: true,
      uniqueness: 'server',
    }),
    attribute('members', 'complex', 'The members of the group.', {
      multiValued: true,
      apart: true,
      subAttributes: [
        attribute('value', 'string', "The member's id.", { mutability: 'immutable', caseExact: true }),
        attribute('$ref', 'reference', 'Where the member is.', { ...readOnly, referenceTypes: ['User', 'Group'] }),
        attribute('type', 'string', 'What the member is.', {
          mutability: 'immutable',
          canonicalValues: ['User', 'Group'],
        }),
        attribute('display', 'string', "The member's name.", readOnly),
      ],
    }),
  ],
}

export const userType: ResourceType = {
  name: 'User',
  endpoint: '/Users',
  description: 'User Account',
  schema: user,
  extensions: [enterpriseUser],
}

export const groupType: ResourceType = {
  name: 'Group',
  endpoint: '/Groups',
  description: 'Group',
  schema: group,
  extensions: [],
}

const byName = new WeakMap<readonly AttributeDeclaration[], Map<string, AttributeDeclaration>>()

/** The declaration of that name, whatever its case. */
export function findAttribute(attributes: readonly AttributeDeclaration[] | undefined, name: string) {
  if (attributes === undefined) return undefined
  let index = byName.get(attributes)
  if (index === undefined) {
    index = new Map(attributes.map((declaration) => [declaration.name.toLowerCase(), declaration]))
    byName.set(attributes, index)
  }
  return index.get(name.toLowerCase())
}

/** An attribute or sub-attribute of a resource type, in the schema's spelling. */
export interface AttributePath {
  /** URI of the extension that it belongs to; null: core or common. */
  readonly schema: string | null
  readonly attribute: AttributeDeclaration
  readonly subAttribute: AttributeDeclaration | null
  /** False: in an extension that this service has no schema of. Kept as sent, names as written. */
  readonly declared: boolean
}

const attributeName = /^(?:[A-Za-z][\w-]*|\$ref)$/
const reservedUri = /^urn:ietf:params:scim:(?:schemas:core|api):/i

/** Whether a name may be an attribute's (RFC 7643 section 2.1); `__proto__` is none. */
export function isAttributeName(name: string): boolean {
  return attributeName.test(name)
}

/** An attribute of an extension without a schema: RFC 7643 section 2.2's defaults. */
export function undeclaredAttribute(name: string): AttributeDeclaration {
  return attribute(name, 'string', '')
}

/**
 * What a member named by a URI is: the type's own core schema, one of its extensions in the schema's spelling, or an
 * extension of any other name as written. Undefined: no extension can have that name.
 */
export function resolveSchema(
  uri: string,
  type: ResourceType,
): { core: true } | { extension: string; schema?: Schema } | undefined {
  const lower = uri.toLowerCase()
  if (lower === type.schema.id.toLowerCase()) return { core: true }
  const schema = type.extensions.find((extension) => extension.id.toLowerCase() === lower)
  if (schema !== undefined) return { extension: schema.id, schema }
  if (!uri.includes(':') || reservedUri.test(uri)) return undefined
  // `urn:…:enterprise:2.0:User:manager` names an attribute of a schema that is known, even where an object is sent for it.
  if (type.extensions.some(({ id }) => lower.startsWith(`${id.toLowerCase()}:`))) return undefined
  return { extension: uri }
}

/**
 * Resolves `userName`, `name.givenName`, `urn:…:User:manager.value`, in any case. A short name of an extension's attribute
 * (`manager`) stands for the long one. Undefined: the type has no such attribute.
 */
export function resolveAttribute(text: string, type: ResourceType): AttributePath | undefined {
  const colon = text.lastIndexOf(':')
  const [name = '', subName, ...more] = text.slice(colon + 1).split('.')
  if (more.length > 0 || !isAttributeName(name)) return undefined
  if (subName !== undefined && !isAttributeName(subName)) return undefined

  const withSub = (schema: string | null, found: AttributeDeclaration | undefined): AttributePath | undefined => {
    if (found === undefined) return undefined
    if (subName === undefined) return { schema, attribute: found, subAttribute: null, declared: true }
    const subAttribute = findAttribute(found.subAttributes, subName)
    return subAttribute && { schema, attribute: found, subAttribute, declared: true }
  }
  const ofCore = () => findAttribute(type.schema.attributes, name) ?? findAttribute(commonAttributes, name)

  if (colon >= 0) {
    const owner = resolveSchema(text.slice(0, colon), type)
    if (owner === undefined) return undefined
    if ('core' in owner) return withSub(null, ofCore())
    if (owner.schema !== undefined) return withSub(owner.extension, findAttribute(owner.schema.attributes, name))
    return {
      schema: owner.extension,
      attribute: undeclaredAttribute(name),
      subAttribute: subName === undefined ? null : undeclaredAttribute(subName),
      declared: false,
    }
  }
  const core = ofCore()
  if (core !== undefined) return withSub(null, core)
  for (const extension of type.extensions) {
    const found = findAttribute(extension.attributes, name)
    if (found !== undefined) return withSub(extension.id, found)
  }
  return undefined
}

/** The path's one spelling: `name.givenName`, `urn:…:User:manager.value`. */
export function printAttributePath(path: AttributePath): string {
  const schema = path.schema === null ? '' : `${path.schema}:`
  const sub = path.subAttribute === null ? '' : `.${path.subAttribute.name}`
  return `${schema}${path.attribute.name}${sub}`
}
