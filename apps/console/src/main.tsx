import { render } from 'preact'
import { startComparedMap } from './app/compared-map.ts'
import { startCpuReadings } from './app/cpu-readings.ts'
import { startKnownValues } from './app/known-values.ts'
import { startKeyboard } from './app/keyboard.ts'
import { startLiveData } from './app/live-data.ts'
import { startMapPositions } from './app/map-positions.ts'
import { startSelectedEdge } from './app/selected-edge.ts'
import { startTheme } from './app/theme.ts'
import { startView } from './app/view.ts'
import { Shell } from './view/shell.tsx'

startTheme()
startView()
render(<Shell />, document.getElementById('app')!)
startKeyboard()
startLiveData()
startMapPositions()
startSelectedEdge()
startComparedMap()
startCpuReadings()
startKnownValues()
