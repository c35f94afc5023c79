/**
 * The API reference: Swagger UI with the gateway's OpenAPI document, all served from this origin.
 *
 * The document's server is relative, so "Try it out" calls the API of this page's origin.
 */
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

SwaggerUI({
  dom_id: "#reference",
  url: "/openapi.json",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  tryItOutEnabled: false,
  // An external validator would receive the document.
  validatorUrl: null,
  // Its colours have too little contrast.
  syntaxHighlight: { activated: false },
  // There is one server, this page's, so there is nothing to choose.
  plugins: [() => ({ components: { ServersContainer: () => null } })],
});
