import { FACT_TABLES } from '../graph/fact-table.ts'
import { BUILD_TABLES } from './builds.ts'
import { FINDING_TABLES } from './findings.ts'
import { FIGURE_TABLES } from './go-figures.ts'
import { COST_TABLES } from './probe-costs.ts'
import { PROFILE_TABLES } from './profile-segments.ts'
import { EVENT_TABLES } from './runtime-events.ts'

/** Tables of what runtimes did and of what is known of builds: schema 2 has them, schema 1 does not. */
export const RUNTIME_TABLES = [
  BUILD_TABLES,
  FACT_TABLES,
  EVENT_TABLES,
  FIGURE_TABLES,
  COST_TABLES,
  FINDING_TABLES,
  PROFILE_TABLES,
].join('\n')
