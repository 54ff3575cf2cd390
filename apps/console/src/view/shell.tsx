import type { FunctionComponent } from 'preact'
import { notice } from '../app/notice.ts'
import { overlay } from '../app/overlays.ts'
import { view } from '../app/view.ts'
import type { PageId } from '../model/view-state.ts'
import { DoctorPage } from './doctor-page.tsx'
import { FlowsPage } from './flows-page.tsx'
import { HelpDialog } from './help-dialog.tsx'
import { lazyView } from './lazy-view.tsx'
import { MapPage } from './map-page.tsx'
import { PaletteDialog } from './palette-dialog.tsx'
import { Rail } from './rail.tsx'
import { TimeBar } from './time-bar.tsx'
import { TopBar } from './top-bar.tsx'

const VIEWS: Readonly<Record<PageId, FunctionComponent>> = {
  map: MapPage,
  service: lazyView(() => import('./service-page.tsx').then((it) => it.ServicePage), {
    waiting: 'Loading the page…',
  }),
  flows: FlowsPage,
  profiles: lazyView(() => import('./profiles-page.tsx').then((it) => it.ProfilesPage), {
    waiting: 'Loading the page…',
  }),
  filters: lazyView(() => import('./filters-page.tsx').then((it) => it.FiltersPage), {
    waiting: 'Loading the page…',
  }),
  doctor: DoctorPage,
}

/** The frame of every page: where, which, when. */
export function Shell() {
  const Page = VIEWS[view.value.page]
  return (
    <div class="shell">
      <Rail />
      <TopBar />
      <TimeBar />
      <main class="page">
        <Page />
      </main>
      {overlay.value === 'palette' && <PaletteDialog />}
      {overlay.value === 'help' && <HelpDialog />}
      <div class="notice" role="status">
        {notice.value}
      </div>
    </div>
  )
}
