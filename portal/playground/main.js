import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './playground.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { defaultHeaders, defaultQuery } from './first-look.js';

const url = new URL('/graphql', location.href);
const socketUrl = new URL(url);
socketUrl.protocol = url.protocol.replace('http', 'ws');

// The headers of the editor are sent with queries, and as connectionParams with subscriptions. They contain a token,
// so they are not stored in the browser.
const fetcher = createGraphiQLFetcher({ url: url.href, subscriptionUrl: socketUrl.href });

createRoot(document.getElementById('root')).render(
  createElement(GraphiQL, {
    fetcher,
    defaultQuery,
    defaultHeaders,
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: 'headers',
  }),
);
