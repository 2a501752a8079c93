import type { MappingRow } from '@user-provisioning/contracts/mapping-set'
import type { JobKind, RunningJob } from '@user-provisioning/jobs/job-kind'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { mapUser, type PreparedRows, prepareRows } from '../mapping-sets/map-user.ts'
import { type StoredUserCopy, userCopies } from '../users/user-copy-store.ts'
import { countMapping } from './mapping-jobs.ts'

interface Counted {
  readonly after: string
  readonly changed: number
  readonly losing: number
  readonly failing: number
}

const nothing: Counted = { after: '', changed: 0, losing: 0, failing: 0 }

/** Counts for whom rows would change a field, take its value away, or give none (4.3). Nothing is saved. */
export function countMappingKind(mongo: Pick<Mongo, 'bound'>): JobKind<Counted> {
  const found = ({ instanceId }: RunningJob<Counted>) => mongo.bound(userCopies, String(instanceId))
  return {
    ...countMapping,
    partSize: 500,
    total: (job) => found(job).count({ deleted: false }),

    async next(job, budget) {
      const before = job.checkpoint ?? nothing
      const prepared = prepareRows(job.parameters.rows as unknown as MappingRow[])
      const copies = await found(job).find(
        { _id: { $gt: before.after }, deleted: false },
        { sort: { _id: 1 }, limit: budget },
      )
      const checkpoint = copies.reduce((counted, copy) => withUser(counted, copy, prepared), before)
      return { done: copies.length, checkpoint, isLast: copies.length < budget }
    },

    async end({ checkpoint }, { done }) {
      const { changed, losing, failing } = checkpoint ?? nothing
      return { users: done, changed, losing, failing }
    },
  }
}

function withUser(counted: Counted, copy: StoredUserCopy, prepared: PreparedRows): Counted {
  const { fields, warnings } = mapUser(prepared, copy.scim)
  const before = (name: string) => copy.fields?.[name] ?? null
  const changed = Object.keys(fields).filter((name) => fields[name] !== before(name))
  return {
    after: copy._id,
    changed: counted.changed + (changed.length > 0 ? 1 : 0),
    losing: counted.losing + (changed.some((name) => fields[name] === null) ? 1 : 0),
    failing: counted.failing + (warnings.some(({ code }) => code === 'mapping-row-failed') ? 1 : 0),
  }
}
