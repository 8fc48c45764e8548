// The command line as `npm run build` made it, in a checkout whose bin/transvisor would run the sources.
const { main } = await import(new URL('../../dist/src/cli/main.js', import.meta.url).href);
const status = await main(process.argv.slice(2));
process.stdout.write('', () => process.exit(status));
