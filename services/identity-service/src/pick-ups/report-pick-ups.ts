import type { JobError } from '@user-provisioning/contracts/admin/jobs'
import type { PickUpReportRow } from '@user-provisioning/contracts/admin/pick-ups'
import { pickUpReportItem } from '@user-provisioning/contracts/admin/pick-ups'
import { faultOf } from '@user-provisioning/contracts/errors'
import { itemFaultsOf } from '@user-provisioning/contracts/item-faults'
import { type ImportPlace, nextRows, removeParts, takePart } from '@user-provisioning/jobs/import-part'
import type { JobKind } from '@user-provisioning/jobs/job-kind'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { fold } from '@user-provisioning/scim/fold'
import type { View, Wants } from '../commands/view.ts'
import { groups } from '../groups/group-document.ts'
import { users } from '../users/user-document.ts'
import { localPart, type Met, outcomeOf } from './coming-name.ts'
import { requirePickUp } from './pick-up.ts'

/** A name of the list, by the line that it stands in. */
interface Coming {
  readonly line: number
  readonly type: 'user' | 'group'
  readonly name: string
}

const namesAtOnce = 200
/** Of accounts that are like a name, so many are looked at. */
const mostNear = 10

/**
 * The readiness report (3.1): says of each name that an IdP is about to bring whether it meets a native account, and which, as a
 * row of the job's result. It reads only. How many mapped fields would change it does not say: the list has names, and a mapping
 * needs attributes.
 */
export function reportPickUps(
  mongo: Pick<Mongo, 'bound' | 'apply' | 'global'>,
  read: (ask: (want: Wants) => void) => Promise<View>,
): JobKind<ImportPlace> {
  const declared: JobKind<ImportPlace> = {
    kind: 'pick-up-report',
    begins: { ReportPickUps: (request) => takePart(mongo, request, { kind: declared, parameters: {} }) },
    second: 'refused',
    partSize: namesAtOnce,

    async next(job, budget) {
      const { rows: page, step } = await nextRows(mongo, job, budget)
      if (page.length === 0) return step
      const coming: Coming[] = []
      const failures: Omit<JobError, 'n'>[] = []
      for (const { line, row: given, fault } of page) {
        const item = pickUpReportItem.safeParse(given, { reportInput: true })
        if (fault === undefined && item.success) coming.push({ line, ...item.data })
        else {
          const { code, detail, pointer } = fault ?? (item.error && itemFaultsOf(item.error)[0]) ?? unreadable
          failures.push({ line, entityId: null, ...(pointer && { pointer }), code, detail, item: given })
        }
      }
      return { ...step, failures, rows: await reportOf(job.instanceId ?? '', coming) }
    },

    async end({ id }, { done, failed }) {
      await removeParts(mongo, id)
      return { names: done, reported: done - failed, refused: failed }
    },
  }
  return declared

  async function reportOf(instanceId: string, coming: readonly Coming[]): Promise<PickUpReportRow[]> {
    const view = await read((want) => {
      want.instance(instanceId)
      for (const { type, name } of coming) {
        if (type === 'user') want.userName(instanceId, name)
        else want.groupNamed(instanceId, name)
      }
    })
    return Promise.all(
      coming.map(async ({ line, type, name }) => {
        const met = type === 'user' ? userMet(instanceId, name, view) : groupMet(instanceId, name, view)
        const near = met === undefined ? await nearTo(instanceId, type, name, view) : []
        return { line, type, name, ...outcomeOf(name, met, near), changedFields: null }
      }),
    )
  }

  /** By the beginning of the name, which has an index: whoever has it with another domain, or with more space. */
  async function nearTo(instanceId: string, type: Coming['type'], name: string, view: View): Promise<Met[]> {
    const beginning = fold(name).trim().split(/[@\s]/u)[0] ?? ''
    const start = localPart(name) === '' ? undefined : { $regex: `^${RegExp.escape(beginning)}` }
    if (start === undefined || beginning === '') return []
    const options = { limit: mostNear, sort: { _id: 1 } } as const
    if (type === 'user') {
      const found = await mongo
        .bound(users, instanceId)
        .find({ 'search.userName': start, visible: true, scimSyncId: null }, options)
      return found.map((user) => metAccount(user, user.userName, view))
    }
    const found = await mongo
      .bound(groups, instanceId)
      .find({ 'search.displayName': start, visible: true, scimSyncId: null }, options)
    return found.map((group) => metAccount(group, group.displayName, view))
  }
}

const unreadable = { code: 'validation-failed', detail: 'The row cannot be read.', pointer: undefined }

function userMet(instanceId: string, name: string, view: View): Met | 'elsewhere' | undefined {
  const claim = view.userName(name)
  if (claim === undefined) return undefined
  const user = claim.instanceId === instanceId ? view.user(instanceId, claim.userId) : undefined
  return user === undefined ? 'elsewhere' : metAccount(user, user.userName, view)
}

function groupMet(instanceId: string, name: string, view: View): Met | undefined {
  const group = view.groupNamed(instanceId, name)
  return group && metAccount(group, group.displayName, view)
}

function metAccount(account: Parameters<typeof requirePickUp>[0], name: string, view: View): Met {
  const isProtected = account.protected === true || account.pickUpUndone === true
  const met = { id: account._id, name, managed: account.scimSyncId !== null, isProtected }
  try {
    requirePickUp(account, name, view)
    return { ...met, refused: null }
  } catch (err) {
    const reason = faultOf(err)?.slots.reason
    if (reason === undefined) throw err
    return { ...met, refused: `It would not be picked up: ${reason}.` }
  }
}
