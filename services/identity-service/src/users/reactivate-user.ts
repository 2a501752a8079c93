import { stateOperation } from './native-state.ts'

/** A suspended native user is active again. */
export const reactivateUser = stateOperation('ReactivateUser', 'active', 'reactivating')
