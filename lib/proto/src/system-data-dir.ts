/** Where root keeps its state (Filesystem Hierarchy Standard), and everyone's commands look for a server. */
export const SYSTEM_DATA_DIR = '/var/lib/quadrant'
