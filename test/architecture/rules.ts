import { allTopics } from '@user-provisioning/contracts/topics'
import { importsOf, resolveImport, roomOf, type Sources } from './sources.ts'

export interface Violation {
  readonly file: string
  readonly why: string
}

/** Which rooms may import a library: it can then be replaced by touching one folder. */
const libraryRooms: Readonly<Record<string, readonly string[]>> = {
  kafkajs: ['packages/messaging', 'packages/devstack', 'test'],
  mongoose: ['packages/mongo', 'packages/devstack', 'test'],
  jsonwebtoken: ['packages/auth'],
}

/** Libraries stay in the one package named after what they do. */
export function librariesStayHome(sources: Sources): Violation[] {
  return everyImport(sources).flatMap(({ file, specifier }) => {
    const allowed = libraryRooms[specifier.split('/')[0] ?? '']
    return allowed && !allowed.includes(roomOf(file)) ? [{ file, why: `imports ${specifier}` }] : []
  })
}

/** Services talk over Kafka and nothing else: none imports another, no package imports a service. */
export function servicesAreApart(sources: Sources): Violation[] {
  return everyImport(sources).flatMap(({ file, specifier }) => {
    const target = resolveImport(file, specifier)
    const into = target && roomOf(target)
    return into?.startsWith('services/') && into !== roomOf(file) ? [{ file, why: `imports ${into}` }] : []
  })
}

/** What two packages share goes through the package's name, never by a path into its folder. */
export function roomsHaveDoors(sources: Sources): Violation[] {
  return everyImport(sources).flatMap(({ file, specifier }) => {
    if (!specifier.startsWith('.')) return []
    const target = resolveImport(file, specifier)
    return target && roomOf(target) !== roomOf(file) ? [{ file, why: `reaches into ${specifier}` }] : []
  })
}

/** packages/scim is pure: it imports itself and nothing else. */
export function scimIsPure(sources: Sources): Violation[] {
  return everyImport(sources).flatMap(({ file, specifier }) =>
    roomOf(file) === 'packages/scim' && !file.endsWith('.test.ts') && !specifier.startsWith('.')
      ? [{ file, why: `imports ${specifier}` }]
      : [],
  )
}

/** No file imports itself by way of others, and no room another that imports it. */
export function noCycles(sources: Sources): Violation[] {
  const files = new Map<string, Set<string>>()
  const rooms = new Map<string, Set<string>>()
  for (const { file, specifier } of everyImport(sources)) {
    const target = resolveImport(file, specifier)
    if (!target) continue
    edge(files, file, target)
    if (roomOf(target) !== roomOf(file)) edge(rooms, roomOf(file), roomOf(target))
  }
  return [...cyclesIn(files), ...cyclesIn(rooms)].map((cycle) => ({ file: cycle[0] ?? '', why: cycle.join(' -> ') }))
}

/** Topic names stand in packages/contracts and nowhere else. */
export function topicNamesStayInContracts(sources: Sources): Violation[] {
  const names = [...allTopics.map((topic) => topic.name).filter((name) => name.includes('.')), 'replies.']
  return [...sources].flatMap(([file, text]) =>
    roomOf(file) === 'packages/contracts'
      ? []
      : names
          .filter((name) => new RegExp(`^(?!\\s*(?:\\*|/)).*['"\`]${RegExp.escape(name)}`, 'm').test(text))
          .map((name) => ({ file, why: `names ${name}` })),
  )
}

/** A file or folder is named after its noun. */
export function nothingIsNamedAfterNothing(sources: Sources): Violation[] {
  return [...sources.keys()]
    .filter((file) => /(^|\/)(utils?|common|helpers?|shared|core|misc)(\/|\.ts$)/.test(file))
    .map((file) => ({ file, why: 'the noun is missing' }))
}

function everyImport(sources: Sources): { file: string; specifier: string }[] {
  return [...sources].flatMap(([file, text]) => importsOf(text).map((specifier) => ({ file, specifier })))
}

function edge(graph: Map<string, Set<string>>, from: string, to: string): void {
  const targets = graph.get(from) ?? new Set()
  targets.add(to)
  graph.set(from, targets)
}

function cyclesIn(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const done = new Set<string>()
  const cycles: string[][] = []
  function visit(node: string, path: string[]): void {
    const at = path.indexOf(node)
    if (at >= 0) {
      cycles.push([...path.slice(at), node])
      return
    }
    if (done.has(node)) return
    for (const next of graph.get(node) ?? []) visit(next, [...path, node])
    done.add(node)
  }
  for (const node of graph.keys()) visit(node, [])
  return cycles
}
