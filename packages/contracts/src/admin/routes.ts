import { announcingRoutes } from './announcing.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { fieldRoutes } from './fields.ts'
import { groupRoutes } from './groups.ts'
import { guardRoutes } from './guard.ts'
import { historyRoutes } from './history.ts'
import { instanceRoutes } from './instances.ts'
import { integrationUserRoutes } from './integration-users.ts'
import { jobRoutes } from './jobs.ts'
import { mappingSetRoutes } from './mapping-sets.ts'
import { objectRoutes } from './objects.ts'
import { pickUpRoutes } from './pick-ups.ts'
import type { AdminRoute } from './route.ts'
import { settingsRoutes } from './settings.ts'
import { userRoutes } from './users.ts'
import { workflowRuleRoutes } from './workflow-rules.ts'

/** Every route that is answered by the service which owns its resource, by operation. */
export const adminRoutes = {
  ...instanceRoutes,
  ...settingsRoutes,
  ...guardRoutes,
  ...pickUpRoutes,
  ...integrationUserRoutes,
  ...apiKeyRoutes,
  ...userRoutes,
  ...groupRoutes,
  ...fieldRoutes,
  ...mappingSetRoutes,
  ...objectRoutes,
  ...workflowRuleRoutes,
  ...historyRoutes,
  ...jobRoutes,
  ...announcingRoutes,
} as const

export type OperationId = keyof typeof adminRoutes

export const allAdminRoutes: readonly AdminRoute[] = Object.values(adminRoutes)
