import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

export interface GraphQLAnswer<Data> {
  status: number;
  data?: Data | null;
  errors?: { message: string; path?: (string | number)[]; extensions: { code: string } }[];
}

export interface GraphQLClient {
  /** Sends one operation, with the client's own token unless another is given; null: without a token. */
  send<Data, Variables>(
    document: TypedDocumentNode<Data, Variables> | string,
    variables?: Variables,
    token?: string | null,
  ): Promise<GraphQLAnswer<Data>>;
  /** As `send`, for an operation that must succeed: throws on GraphQL errors. */
  ask<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    token?: string | null,
  ): Promise<Data>;
  /** A graphql-ws client with this token. */
  watch(token: string): Client;
}

/** A client of the public API at `url`, such as a portal or a script. */
export function graphqlClient(url: string, ownToken: string): GraphQLClient {
  const send: GraphQLClient['send'] = async (document, variables, token = ownToken) => {
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify({ query: typeof document === 'string' ? document : print(document), variables }),
    });
    return { status: answer.status, ...((await answer.json()) as object) };
  };
  return {
    send,
    async ask(document, variables, token) {
      const { data, errors } = await send(document, variables, token);
      if (errors || !data) throw new Error(JSON.stringify(errors));
      return data;
    },
    watch: token =>
      createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        connectionParams: { authorization: `Bearer ${token}` },
      }),
  };
}
