import { type Arbitrary, type AsyncCommand, commands, constantFrom, nat, option, record } from 'fast-check'
import { type Answer, type Body, patch, schemas, type TestInstance } from '../harness/instance.ts'
import { jobEnded } from '../mapping/saving.ts'
import { type Attribute, attributes, type Model, type ModelRule, type ModelUser } from './model.ts'

/** The system that the actions are done to. */
export interface Real {
  readonly instance: TestInstance
  settled(): Promise<void>
  kill(service: 'mapping-service' | 'workflow-service'): void
}

type Action = AsyncCommand<Model, Real>

function action(
  name: string,
  run: (model: Model, real: Real) => Promise<void>,
  check: (model: Model) => boolean = () => true,
): Action {
  return {
    check,
    toString: () => name,
    async run(model, real) {
      model.steps++
      await run(model, real)
    },
  }
}

function expected(answer: Answer, ...statuses: number[]): Body {
  if (statuses.includes(answer.status)) return answer.body
  throw new Error(`${answer.status} instead of ${statuses.join(' or ')}: ${JSON.stringify(answer.body)}`)
}

const nth = <Item>(items: Iterable<Item>, n: number): Item | undefined => {
  const all = [...items]
  return all[n % all.length]
}
const usersWhere = (model: Model, wanted: (user: ModelUser) => boolean) => [...model.users.values()].filter(wanted)
const isManaged = ({ managed }: ModelUser) => managed
/** Of one that was only picked up, the fields are still native ones. */
const canBeEdited = ({ managed, written }: ModelUser) => !managed || written
const isNative = ({ managed }: ModelUser) => !managed

const pathOf: Record<Attribute, string> = {
  title: 'title',
  displayName: 'displayName',
  nickName: 'nickName',
  department: `${schemas.enterprise}:department`,
}
const values: Record<Attribute, readonly string[]> = {
  title: ['Engineer', 'Lead', 'Ghost'],
  displayName: ['Nora', 'Ola', 'Pia'],
  nickName: ['Lead', 'Skipper', 'Bo'],
  department: ['Harbour', 'Town', 'R&D'],
}

function resource(userName: string, sent: ModelUser['sent'], active = true): Body {
  const { department, ...core } = sent
  return {
    schemas: [schemas.user, schemas.enterprise],
    userName,
    active,
    ...core,
    ...(department === undefined ? {} : { [schemas.enterprise]: { department } }),
  }
}

const someAttributes: Arbitrary<ModelUser['sent']> = record(
  Object.fromEntries(attributes.map((name) => [name, constantFrom(...values[name])])),
  { requiredKeys: [] },
)

function written(model: Model, user: ModelUser, sent: ModelUser['sent']): void {
  user.managed = true
  user.written = true
  user.sent = sent
  model.map(user)
}

const createUser = someAttributes.map((sent) =>
  action('POST a user', async (model, { instance }) => {
    const userName = instance.unique(`user${model.steps}@harbour.test`)
    const { id } = expected(await instance.scim('POST', '/Users', resource(userName, sent)), 201)
    const user: ModelUser = {
      id,
      userName,
      managed: true,
      written: true,
      suspended: false,
      sent,
      fields: {},
      manager: null,
    }
    model.users.set(id, user)
    model.map(user)
  }),
)

const createNative = nat().map(() =>
  action('a native user', async (model, { instance }) => {
    const userName = instance.unique(`native${model.steps}@harbour.test`)
    const { id } = expected(await instance.admin('POST', '/users', { userName }), 201)
    const blank = { managed: false, written: false, suspended: false, manager: null }
    model.users.set(id, { id, userName, sent: {}, fields: {}, ...blank })
  }),
)

const lookUpNative = nat().map((n) =>
  action(
    'lookup of a native user',
    async (model, { instance }) => {
      const user = nth(usersWhere(model, isNative), n) as ModelUser
      const filter = encodeURIComponent(`userName eq "${user.userName}"`)
      expected(await instance.scim('GET', `/Users?filter=${filter}`), 200)
      user.managed = true
    },
    (model) => usersWhere(model, isNative).length > 0,
  ),
)

const createKnown = record({ n: nat(), sent: someAttributes }).map(({ n, sent }) =>
  action(
    'POST of a name that is taken',
    async (model, { instance }) => {
      const user = nth(model.users.values(), n) as ModelUser
      const answer = await instance.scim('POST', '/Users', resource(user.userName, sent))
      expected(answer, user.managed ? 409 : 201)
      if (!user.managed) written(model, user, { ...user.sent, ...sent })
    },
    (model) => model.users.size > 0,
  ),
)

/** The default rows backwards: what the IdP finds of a native user's fields. */
const attributeOf: Readonly<Record<string, Attribute>> = { scimSyncJobTitle: 'title', displayName: 'displayName' }

const editFields = record({
  n: nat(),
  // Names that a rule may make objects of are nobody's display name: whether such an object is there is a matter of moments.
  edit: constantFrom(
    ['scimSyncJobTitle', 'Lead'] as const,
    ['displayName', 'Ola'] as const,
    ['nickname', 'Lead'] as const,
    ['department', 'Town'] as const,
  ),
}).map(({ n, edit: [field, value] }) =>
  action(
    `an edit of ${field} in the product`,
    async (model, { instance }) => {
      const user = nth(usersWhere(model, canBeEdited), n) as ModelUser
      const answer = await instance.admin('PATCH', `/users/${user.id}`, { fields: { [field]: value } })
      // A mapped field is the IdP's; what is edited just before its first mapping is overwritten by that.
      const isMapped = user.managed && model.rows.some(({ target }) => target === field)
      expected(answer, 200, ...(isMapped ? [409] : []))
      if (isMapped) return
      user.fields[field] = value
      const attribute = attributeOf[field]
      if (!user.managed && attribute) user.sent = { ...user.sent, [attribute]: value }
    },
    (model) => usersWhere(model, canBeEdited).length > 0,
  ),
)

const patchUser = record({ n: nat(), name: constantFrom(...attributes), k: option(nat(2)) }).map(({ n, name, k }) =>
  action(
    k === null ? `PATCH removes ${name}` : `PATCH ${name}`,
    async (model, { instance }) => {
      const user = nth(usersWhere(model, isManaged), n) as ModelUser
      const value = k === null ? undefined : (values[name][k] as string)
      const operation = k === null ? { op: 'Remove', path: pathOf[name] } : { op: 'Replace', path: pathOf[name], value }
      expected(await instance.scim('PATCH', `/Users/${user.id}`, patch(operation)), 200)
      const { [name]: before, ...others } = user.sent
      // What changes nothing is no write: a user that was only picked up stays as it is.
      if (before === value) return
      written(model, user, value === undefined ? others : { ...others, [name]: value })
    },
    (model) => usersWhere(model, isManaged).length > 0,
  ),
)

const replaceUser = record({ n: nat(), sent: someAttributes }).map(({ n, sent }) =>
  action(
    'PUT a user',
    async (model, { instance }) => {
      const user = nth(
        usersWhere(model, ({ managed, written }) => managed && written),
        n,
      ) as ModelUser
      const body = resource(user.userName, sent, !user.suspended)
      expected(await instance.scim('PUT', `/Users/${user.id}`, body), 200)
      written(model, user, sent)
      user.manager = null
    },
    (model) => usersWhere(model, ({ managed, written }) => managed && written).length > 0,
  ),
)

const switchUser = nat().map((n) =>
  action(
    'suspend or reactivate',
    async (model, { instance }) => {
      const user = nth(usersWhere(model, isManaged), n) as ModelUser
      const operation = { op: 'Replace', path: 'active', value: user.suspended ? 'True' : 'False' }
      expected(await instance.scim('PATCH', `/Users/${user.id}`, patch(operation)), 200)
      user.suspended = !user.suspended
      written(model, user, user.sent)
    },
    (model) => usersWhere(model, isManaged).length > 0,
  ),
)

const setManager = record({ n: nat(), m: nat() }).map(({ n, m }) =>
  action(
    'set a manager',
    async (model, { instance }) => {
      const user = nth(usersWhere(model, isManaged), n) as ModelUser
      const manager = nth(model.users.values(), m) as ModelUser
      if (manager === user) return
      const operation = { op: 'Add', path: `${schemas.enterprise}:manager`, value: manager.id }
      expected(await instance.scim('PATCH', `/Users/${user.id}`, patch(operation)), 200)
      const isSame = user.manager === manager.id
      user.manager = manager.id
      if (!isSame) written(model, user, user.sent)
    },
    (model) => usersWhere(model, isManaged).length > 0,
  ),
)

const deleteUser = nat().map((n) =>
  action(
    'DELETE a user',
    async (model, { instance }) => {
      const user = nth(model.users.values(), n) as ModelUser
      expected(await instance.scim('DELETE', `/Users/${user.id}`), user.managed ? 204 : 403)
      if (user.managed) model.delete(user.id)
    },
    (model) => model.users.size > 20,
  ),
)

const createGroup = record({ n: nat(), m: nat() }).map(({ n, m }) =>
  action('POST a group', async (model, { instance }) => {
    const members = [...new Set([n, m].flatMap((each) => nth(model.users.values(), each)?.id ?? []))]
    const body = { displayName: `Group ${model.steps}`, members: members.map((value) => ({ value })) }
    const { id } = expected(await instance.scim('POST', '/Groups', body), 201)
    model.groups.set(id, new Set(members))
  }),
)

const changeMembers = record({ g: nat(), n: nat(), op: constantFrom('Add', 'Remove') }).map(({ g, n, op }) =>
  action(
    `${op} a member`,
    async (model, { instance }) => {
      const [id, members] = nth(model.groups, g) as [string, Set<string>]
      const user = nth(model.users.values(), n) as ModelUser
      const operation = { op, path: 'members', value: [{ value: user.id }] }
      expected(await instance.scim('PATCH', `/Groups/${id}`, patch(operation)), 204)
      if (op === 'Add') members.add(user.id)
      else members.delete(user.id)
    },
    (model) => model.groups.size > 0 && model.users.size > 0,
  ),
)

const deleteGroup = nat().map((g) =>
  action(
    'DELETE a group',
    async (model, { instance }) => {
      const [id] = nth(model.groups, g) as [string, Set<string>]
      expected(await instance.scim('DELETE', `/Groups/${id}`), 204)
      model.groups.delete(id)
    },
    (model) => model.groups.size > 5,
  ),
)

const jobTitleRows = [undefined, { expression: 'user.title.upperAscii()' }] as const

const saveMapping = record({ department: nat(1), nickname: nat(1), upper: nat(1) }).map(
  ({ department, nickname, upper }) =>
    action('save the mapping, for everyone', async (model, { instance, settled }) => {
      await settled()
      const { body } = await instance.admin('GET', '/mapping-set/versions/1')
      const rows = body.rows.map((row: Body) =>
        row.id === 'job-title' && jobTitleRows[upper] ? { ...row, source: jobTitleRows[upper] } : row,
      )
      if (department) rows.push({ source: { path: pathOf.department }, target: 'department' })
      if (nickname) rows.push({ source: { path: 'nickName' }, target: 'nickname' })
      const ifMatch = { 'if-match': `"${model.mappingVersion}"` }
      const saved = expected(await instance.admin('PUT', '/mapping-set', { rows, apply: true }, ifMatch), 200)
      model.mappingVersion = saved.version
      model.rows = [
        { target: 'displayName', from: 'displayName' },
        { target: 'scimSyncJobTitle', from: 'title', upper: upper === 1 },
        ...(department ? [{ target: 'department', from: 'department' } as const] : []),
        ...(nickname ? [{ target: 'nickname', from: 'nickName' } as const] : []),
      ]
      for (const user of model.users.values()) model.map(user)
      if (saved.applyJob) await jobEnded(instance, saved.applyJob, 120_000)
      await settled()
    }),
)

const ruleKinds: readonly Omit<ModelRule, 'id'>[] = [
  { field: 'department', objectType: 'department', creates: true },
  { field: 'nickname', objectType: 'job-title', creates: false },
  { field: 'displayName', objectType: 'department', creates: false },
]

const editRules = record({ kind: nat(ruleKinds.length - 1) }).map(({ kind }) =>
  action('add or remove a rule, for everyone', async (model, { instance, settled }) => {
    await settled()
    const wanted = ruleKinds[kind] as (typeof ruleKinds)[number]
    const there = model.rules.find(({ field }) => field === wanted.field)
    if (there) {
      const { headers } = await instance.admin('GET', `/workflow-rules`)
      const ifMatch = { 'if-match': headers.get('etag') ?? '"1"' }
      expected(await instance.admin('DELETE', `/workflow-rules/${there.id}`, undefined, ifMatch), 204, 200)
      model.rules = model.rules.filter((rule) => rule !== there)
    } else {
      const { field, objectType, creates } = wanted
      const rule = { field, objectType, ifNone: creates ? 'create' : 'report' }
      const made = expected(await instance.admin('POST', '/workflow-rules', rule), 201)
      model.rules.push({ ...wanted, id: made.id })
    }
    const job = expected(await instance.admin('POST', '/workflow-rules/run', {}), 202)
    await jobEnded(instance, job.id, 120_000)
    await settled()
    const objects = (await instance.admin('GET', '/objects?limit=200')).body.items
    for (const { type, name } of objects) {
      const ofType = model.objects.get(type) ?? new Set()
      model.objects.set(type, ofType.add(name))
    }
  }),
)

const crash = constantFrom('mapping-service', 'workflow-service').map((service) =>
  action(`${service} is killed`, async (_model, { kill }) => kill(service as 'mapping-service' | 'workflow-service')),
)

/** Random sequences of what IdPs, admins and accidents do. Saves and rules are rare, since each waits until all is at rest. */
export function actions(options: { maxCommands: number; crashes: boolean }) {
  const often = [createUser, patchUser, patchUser, changeMembers, switchUser, setManager]
  const sometimes = [
    createNative,
    editFields,
    editFields,
    lookUpNative,
    createKnown,
    replaceUser,
    deleteUser,
    createGroup,
    deleteGroup,
  ]
  const all = [...often, ...often, ...often, ...sometimes, ...sometimes]
  const rare = [saveMapping, editRules, ...(options.crashes ? [crash] : [])]
  const weighted = [...all, ...all, ...all, ...rare]
  return commands(weighted as Arbitrary<Action>[], { maxCommands: options.maxCommands, size: 'max' })
}
