/** A person of the made-up directory, as the identity provider knows it. */
export interface Person {
  readonly objectId: string
  userPrincipalName: string
  givenName: string
  surname: string
  jobTitle: string
  department: string
  telephone: string
  mobile: string
  city: string
  employeeId: string
  accountEnabled: boolean
  /** Index of the manager in the directory; the first person has none. */
  readonly manager: number | undefined
}

export interface Team {
  readonly objectId: string
  readonly displayName: string
  /** Indexes of people. */
  readonly members: readonly number[]
}

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
  'Ravi',
  'Chiara',
  'Łukasz',
  'Mei',
  'Tomás',
  'Ines',
]
const surnames = [
  'Quist',
  'Brandt',
  'Okafor',
  'Hansen',
  'de la Cruz',
  "O'Neill",
  'Müller',
  'Sørensen',
  'Nakamura',
  'Petit',
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
const departments = ['R&D', 'Finance', 'Sales', 'People & Culture', 'Operations']
const cities = ['Oslo', 'København', 'Kraków', 'São Paulo', 'Zürich', 'Tel Aviv']

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

/**
 * Makes up a directory: names with accents, apostrophes and spaces, managers that are above their people, groups of
 * about a tenth of the people each.
 * @param run goes into every user and group name, so that runs never meet
 */
export function makeDirectory(options: { users: number; groups: number; seed: number; run: string }): Directory {
  const random = seededRandom(options.seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const objectId = () =>
    [8, 4, 4, 4, 12]
      .map((n) => Array.from({ length: n }, () => Math.floor(random() * 16).toString(16)).join(''))
      .join('-')
  const people = Array.from({ length: options.users }, (_, index): Person => {
    const givenName = pick(givenNames)
    const surname = pick(surnames)
    return {
      objectId: objectId(),
      userPrincipalName: `${options.run}.${index}.${surname.replaceAll(' ', '')}@Harbour.test`,
      givenName,
      surname,
      jobTitle: pick(jobTitles),
      department: pick(departments),
      telephone: `+47 22 ${String(index).padStart(6, '0')}`,
      mobile: `+47 (9) ${String(index).padStart(6, '0')}`,
      city: pick(cities),
      employeeId: String(10_000 + index),
      accountEnabled: true,
      manager: index === 0 ? undefined : Math.floor(random() * index),
    }
  })
  const teams = Array.from({ length: options.groups }, (_, index): Team => {
    const size = Math.max(1, Math.floor(options.users / 10))
    const members = new Set(Array.from({ length: size }, () => Math.floor(random() * options.users)))
    return {
      objectId: objectId(),
      displayName: `${options.run} Team ${index} – ${pick(departments)}`,
      members: [...members],
    }
  })
  return { people, teams }
}
