import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import type { Reply } from '@user-provisioning/contracts/reply'
import { importJob } from '@user-provisioning/jobs/import-job'
import type { JobKind } from '@user-provisioning/jobs/job-kind'
import type { Outbox } from '@user-provisioning/messaging/outbox'
import { commitRequest } from '@user-provisioning/mongo/commit-request'
import type { Committer } from '@user-provisioning/mongo/committer'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { fold } from '@user-provisioning/scim/fold'
import { announceAgainKind } from './announcing/announce-again.ts'
import type { Input } from './commands/decide-command.ts'
import { dryRun } from './commands/dry-run.ts'
import { inputOf } from './commands/handle-command.ts'
import { releaseGuard } from './guard/release-job.ts'
import type { RearmGuard, ReleaseHeld } from './guard/release-request.ts'
import { reportPickUps } from './pick-ups/report-pick-ups.ts'
import { undoPickUps } from './pick-ups/undo-pick-ups.ts'
import type { ChangeNativeUser } from './users/change-native-request.ts'
import { renameUsers } from './users/rename-users.ts'
import { changeOfRow } from './users/user-rows.ts'

interface Options {
  readonly mongo: Mongo
  readonly committer: Committer<Input>
  readonly read: Parameters<typeof dryRun>[1]
  readonly outbox: Pick<Outbox, 'send'>
  /** One that this replica owns: what a job commits is announced by who committed it. */
  readonly partition: () => number
}

/** The jobs of identity-service. What they change goes through the same committing stream as what an IdP asks for. */
export function identityJobs({ mongo, committer, read, outbox, partition }: Options): readonly JobKind[] {
  const carryOut = (request: AdminRequest | ChangeNativeUser | ReleaseHeld | RearmGuard): Promise<Reply> => {
    const input = inputOf(request.requestId, request)
    if ('dryRun' in request && request.dryRun === true) return dryRun(input, read)
    const now = Date.now()
    const inTime = { at: new Date(now).toISOString(), deadlineAt: new Date(now + rowDeadlineMs).toISOString() }
    return commitRequest(committer, { ...inTime, requestId: request.requestId }, { partition: partition() }, input)
  }

  const userImport = importJob({
    mongo,
    kind: 'user-import',
    begunBy: 'importUsers',
    create: 'createUser',
    nameOf: ({ userName }) => fold(String(userName ?? '')),
    carryOut: (request) => carryOut(request),
    update: (request) => changeOfRow(request, mongo, carryOut),
  })
  const groupImport = importJob({
    mongo,
    kind: 'group-import',
    begunBy: 'importGroups',
    create: 'createGroup',
    nameOf: ({ displayName }) => fold(String(displayName ?? '')),
    carryOut: (request) => carryOut(request),
    // A group is its name: one that is there already is as the row says.
    update: async () => undefined,
  })
  const rename = renameUsers(mongo, carryOut)

  const pickUpReport = reportPickUps(mongo, read)
  const pickUpUndo = undoPickUps(mongo, carryOut)

  return [
    userImport,
    groupImport,
    rename,
    pickUpReport,
    pickUpUndo,
    announceAgainKind(mongo, outbox),
    releaseGuard(mongo, carryOut),
  ]
}

/** A row waits in line with everybody's commands; one that did not get its turn is tried again with its part. */
const rowDeadlineMs = 60_000
