/** A place where somebody works or lives. */
export interface Place {
  readonly street: string
  readonly city: string
  readonly region: string
  readonly postalCode: string
  readonly country: string
}

/** A role in the application that the identity provider assigns. */
export interface AppRole {
  readonly id: string
  readonly value: string
  readonly displayName: string
}

/** A person of the made-up directory, as the identity provider knows it. */
export interface Person {
  readonly objectId: string
  userName: string
  readonly givenName: string
  surname: string
  nickName: string | undefined
  jobTitle: string
  department: string
  readonly costCenter: string
  readonly employeeId: string
  readonly workMail: string
  otherMail: string | undefined
  readonly telephone: string
  mobile: string
  readonly office: Place
  readonly home: Place | undefined
  readonly language: string
  readonly timeZone: string
  /** What this company added to its directory's schema. */
  badge: string
  readonly roles: AppRole[]
  enabled: boolean
  /** Object id of the manager; the first person has none. */
  managerId: string | undefined
}

export interface Team {
  readonly objectId: string
  displayName: string
  /** Object ids of people. */
  readonly members: Set<string>
}

/** The company as its identity provider sees it now: cycles bring an endpoint to this state. */
export interface Directory {
  readonly people: Person[]
  readonly teams: Team[]
}

const givenNames = [
  'Nora',
  'Ada',
  'Jonas',
  'Mirjam',
  'Øyvind',
  'Zoë',
  'Zoe\u0308',
  'Ravi',
  'Łukasz',
  '李梅',
  'İnci',
  'Tomás',
  'Seán 🌊',
]
const surnames = [
  'Quist',
  'Brandt',
  'Okafor',
  'de la Cruz',
  "O'Neill",
  'Müller-Großmann',
  'Sørensen',
  'Nakamura',
  'Çelik',
  'Ng "Bo"',
  'Smith & Sons',
  'von\u00a0Ahn',
]
/** What stands before the @: everything that a directory lets through, and URLs and filters have to survive. */
const userNameShapes = [
  (name: string) => name,
  (name: string) => `Straße.${name}`,
  (name: string) => `İnci.${name}`,
  (name: string) => `zoe\u0308.${name}`,
  (name: string) => `sea🌊.${name}`,
  (name: string) => `o'neill.${name}`,
  (name: string) => `${name}+audit`,
  (name: string) => `#${name}`,
  (name: string) => `r&d.${name}`,
  (name: string) => `"${name}"`,
  (name: string) => `50%25.${name}`,
  (name: string) => `back\\slash.${name}`,
  (name: string) => `UPPER.${name.toUpperCase()}`,
]
export const jobTitles = [
  'Engineer',
  'Senior Engineer',
  'Designer',
  'Analyst',
  'Product Manager',
  'Team Lead',
  'Controller',
]
const departments = ['R&D', 'Finance', 'Sales', 'People & Culture', 'Operations <EMEA>', 'Küche / Kantine']
const places: readonly Omit<Place, 'street'>[] = [
  { city: 'Oslo', region: 'Oslo', postalCode: '0150', country: 'NO' },
  { city: 'København', region: 'Hovedstaden', postalCode: '1050', country: 'DK' },
  { city: 'Kraków', region: 'Małopolskie', postalCode: '30-001', country: 'PL' },
  { city: 'São Paulo', region: 'SP', postalCode: '01000-000', country: 'BR' },
  { city: 'Zürich', region: 'ZH', postalCode: '8001', country: 'CH' },
  { city: 'תל אביב', region: '', postalCode: '61000', country: 'IL' },
]
const languages = ['nb-NO', 'en-GB', 'de-CH', 'pl-PL']
const timeZones = ['Europe/Oslo', 'Europe/London', 'America/Sao_Paulo']
const roleNames = ['Reader', 'Planner', 'Lite Admin', 'Auditor "external"']

/**
 * Numbers from 0 up to 1 that are the same for the same seed (mulberry32), so that a run can be repeated.
 * @param seed any integer
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Object ids as a directory makes them, the same for the same source of numbers. */
export function objectIdFrom(random: () => number): string {
  return [8, 4, 4, 4, 12]
    .map((n) => Array.from({ length: n }, () => Math.floor(random() * 16).toString(16)).join(''))
    .join('-')
}

/**
 * Makes up a directory: names with accents, emoji, quotes and what URLs mind, managers that are above their people, some
 * people with a second e-mail, a home, a nickname or several roles, groups of about a tenth of the people each.
 * @param run goes into every user and group name, so that runs never meet
 */
export function makeDirectory(options: { users: number; groups: number; seed: number; run: string }): Directory {
  const random = seededRandom(options.seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const people: Person[] = []
  for (let index = 0; index < options.users; index++) {
    const number = String(index).padStart(6, '0')
    const shape = userNameShapes[index % userNameShapes.length] ?? String
    const place = pick(places)
    const rolesHere = roleNames.slice(0, index % 3)
    people.push({
      objectId: objectIdFrom(random),
      userName: `${shape(`${options.run}.${index}`)}@Harbour.test`,
      givenName: pick(givenNames),
      surname: pick(surnames),
      nickName: index % 4 === 0 ? `Nick ${index}` : undefined,
      jobTitle: pick(jobTitles),
      department: pick(departments),
      costCenter: `CC-${index % 7}`,
      employeeId: String(10_000 + index),
      workMail: `person.${index}@${options.run}.harbour.test`,
      otherMail: index % 3 === 0 ? `person+${index}@home.test` : undefined,
      telephone: `+47 22 ${number}`,
      mobile: `+47 (9) ${number}`,
      office: { street: `${index} Quay Street\n2nd floor`, ...place },
      home: index % 6 === 0 ? { street: `Fjordgt. ${index}`, ...pick(places) } : undefined,
      language: pick(languages),
      timeZone: pick(timeZones),
      badge: `B-${number}`,
      roles: rolesHere.map((value) => ({ id: objectIdFrom(random), value, displayName: `${value} (app)` })),
      enabled: true,
      managerId: people[Math.floor(random() * index)]?.objectId,
    })
  }
  const teams = Array.from({ length: options.groups }, (_, index): Team => {
    const size = Math.max(1, Math.floor(options.users / 10))
    return {
      objectId: objectIdFrom(random),
      displayName: `${options.run} Team ${index} – ${pick(departments)}`,
      members: new Set(Array.from({ length: size }, () => pick(people).objectId)),
    }
  })
  return { people, teams }
}
