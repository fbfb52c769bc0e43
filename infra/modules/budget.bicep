// A budget of the resource group: it stops nothing, and tells when a month costs more than it should.
// A module of its own, for whoever may set budgets need not be whoever deploys.

param name string
@description('A month, in the currency of the subscription.')
@minValue(1)
param amount int
@description('The first day of the month that it begins in, such as 2026-12-01; it cannot be changed later.')
param from string
param alertAddress string

resource budget 'Microsoft.Consumption/budgets@2024-08-01' = {
  name: name
  properties: {
    category: 'Cost'
    timeGrain: 'Monthly'
    amount: amount
    timePeriod: { startDate: from }
    notifications: {
      soon: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        thresholdType: 'Forecasted'
        contactEmails: [alertAddress]
      }
      spent: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Actual'
        contactEmails: [alertAddress]
      }
    }
  }
}
