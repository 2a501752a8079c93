import type { JobError } from '@user-provisioning/contracts/admin/jobs'
import type { AdminBody } from '@user-provisioning/contracts/admin-requests'
import { type Reply, refusalDetail } from '@user-provisioning/contracts/reply'
import { beginJob } from '@user-provisioning/jobs/begin-job'
import type { JobKind } from '@user-provisioning/jobs/job-kind'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { fold } from '@user-provisioning/scim/fold'
import type { ChangeNativeUser } from './change-native-request.ts'
import { type UserDocument, users } from './user-document.ts'

/** How many of a list are done, or the id that the last user looked at has. */
type Place = { readonly listed: number } | { readonly after: string }

interface Renaming {
  /** What the request has its id from: the same for a repetition. */
  readonly key: string
  readonly user: Pick<UserDocument, '_id' | 'userName' | 'scimSyncId'> | undefined
  readonly from: string
  readonly to: string
}

const usersAtOnce = 64

/**
 * Renames native users, by a list or by what the end of their names becomes, to the format that the IdP will look them up by. A
 * report row for each says the new name; a clash is an error of its row, in a dry run as in a real one.
 */
export function renameUsers(
  mongo: Pick<Mongo, 'bound' | 'apply' | 'global'>,
  carryOut: (request: ChangeNativeUser) => Promise<Reply>,
): JobKind<Place> {
  const declared: JobKind<Place> = {
    kind: 'user-rename',
    begins: {
      RenameUsers: (request) => beginJob(mongo, request, { kind: declared, parameters: request.body ?? {} }),
    },
    second: 'refused',
    partSize: usersAtOnce,

    async total({ instanceId, parameters }) {
      const { renames } = parameters as AdminBody<'renameUsers'>
      return renames?.length ?? mongo.bound(users, instanceId ?? '').count(nativeUsers)
    },

    async next({ id, instanceId, parameters, checkpoint, createdBy }, budget) {
      const wanted = parameters as AdminBody<'renameUsers'> & { dryRun?: boolean }
      const instance = instanceId ?? ''
      const { renamings, gone, next, isLast } =
        wanted.pattern === undefined
          ? await listed(instance, wanted.renames ?? [], checkpoint, budget)
          : await matching(instance, wanted.pattern, checkpoint, budget)
      const outcomes = await Promise.all(
        renamings.map(async ({ key, user, from, to }) => {
          const reply = await carryOut({
            type: 'ChangeNativeUser',
            requestId: `${id}/${key}`,
            instanceId: instance,
            // Who has the name no longer was renamed by this job, before a crash, if there is a record of it.
            userId: user?._id ?? '',
            actor: { type: 'job', id, name: `user-rename of ${createdBy.name}` },
            userName: to,
            ...(wanted.dryRun === true ? { dryRun: true } : {}),
          })
          return { userId: user?._id, from, to, fault: reply.outcome === 'refused' ? reply.fault : undefined }
        }),
      )
      return {
        done: gone,
        skipped: gone - renamings.length,
        failures: outcomes.flatMap(({ userId = null, from, to, fault }): Omit<JobError, 'n'>[] => {
          if (fault === undefined) return []
          const detail = refusalDetail(fault)
          return [{ line: null, entityId: userId, pointer: '/to', code: fault.code, detail, item: { from, to } }]
        }),
        rows: outcomes.map(({ userId = null, from, to, fault }) => ({ userId, from, to, clash: fault?.code ?? null })),
        checkpoint: next,
        isLast,
      }
    },
    end: async (_, { done, failed, skipped }) => ({ users: done, renamed: done - failed - skipped, refused: failed }),
  }
  return declared

  async function listed(
    instanceId: string,
    renames: readonly { readonly from: string; readonly to: string }[],
    checkpoint: Place | null,
    budget: number,
  ) {
    const from = checkpoint !== null && 'listed' in checkpoint ? checkpoint.listed : 0
    const page = renames.slice(from, from + budget)
    const names = page.map((rename) => fold(rename.from))
    const found = await mongo.bound(users, instanceId).find({ 'search.userName': { $in: names }, visible: true })
    const byName = new Map(found.map((user) => [fold(user.userName), user]))
    const renamings: Renaming[] = page.map((rename, n) => ({
      ...rename,
      key: String(from + n),
      user: byName.get(fold(rename.from)),
    }))
    const at = from + page.length
    return { renamings, gone: page.length, next: { listed: at }, isLast: at >= renames.length }
  }

  /** All native users are gone through, since the end of a name has no index. */
  async function matching(
    instanceId: string,
    { suffix, by }: { readonly suffix: string; readonly by: string },
    checkpoint: Place | null,
    budget: number,
  ) {
    const after = checkpoint !== null && 'after' in checkpoint ? checkpoint.after : ''
    const page = await mongo
      .bound(users, instanceId)
      .find({ ...nativeUsers, _id: { $gt: after } }, { sort: { _id: 1 }, limit: budget })
    const renamings: Renaming[] = page
      .filter(({ userName }) => fold(userName).endsWith(fold(suffix)))
      .map((user) => ({
        key: user._id,
        user,
        from: user.userName,
        to: `${user.userName.slice(0, -suffix.length)}${by}`,
      }))
    const last = page.at(-1)?._id ?? after
    return { renamings, gone: page.length, next: { after: last }, isLast: page.length < budget }
  }
}

const nativeUsers = { scimSyncId: null, visible: true }
